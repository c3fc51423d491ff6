import type { Aspect, Change, Cut, Quality, Resolution, RunState, StepKind, Style, Workflow } from '../../../domain.ts';
import type { Action } from '../../card.ts';
import { credits as creditsOf, duration, guess } from './measures.ts';

/** The texts that the page shows without the server. A browser loads this file as it is, so it imports only other texts. */

export const about = 'Say what you would like to see, and watch it become an image and a video.';
export const navigation = 'Main';
export const skip = 'Skip to the content';
export const views = { make: 'Make', gallery: 'Gallery', cast: 'Cast', credits: 'Credits', admin: 'Admin' };
export const reconnecting = 'Reconnecting…';
export const signOut = 'Sign out';
export const close = 'Close';
export const retry = 'Try again';
export const more = 'Show more';
export const theme = (now: string): string => `Colours: ${now}`;
export const themes = { both: "the system's", light: 'light', dark: 'dark' };
export const on = 'On';
export const off = 'Off';
export const away = {
  title: 'VidGenie does not answer',
  detail: 'It may be starting anew, or your connection is gone. Try again in a moment.',
  again: 'It may be starting anew. This goes on by itself as soon as it is back.',
};

export const signedOut = {
  title: 'Come in through your chat',
  type: 'In Discord or Slack, type',
  afterwards: 'You get a private link that opens this page. It works once, for ten minutes.',
};

export const composer = {
  title: 'What would you like to see?',
  workflow: 'What to make',
  prompt: 'Your words',
  hint: 'Describe it in a few words',
  motion: 'What should happen (if you like)',
  motionHint: 'Slowly closer, snow falling',
  change: 'What should change?',
  changeHint: 'Make it night, with a full moon',
  ideas: 'Ideas',
  examples: [
    'A fox in the snow, at first light',
    'A lighthouse in a storm, waves breaking over the rocks',
    'A paper boat drifting down a rainy street',
  ],
  storyHint: 'Tell what happens',
  storyExamples: [
    'A fox crosses a frozen lake and finds its cub',
    'A paper boat sails from a rainy street to the sea',
    'A keeper lights the lighthouse in a storm',
  ],
};
export const workflows: Record<Workflow, string> = {
  complete: 'Image and video',
  image: 'Image',
  video: 'Video of your image',
  story: 'Story',
  extend: 'Longer video',
  edit: 'Change an image',
};
export const image = {
  choose: 'Choose an image',
  orDrop: 'or drop or paste one here',
  yours: 'Your image',
  remove: 'Take the image away',
  reference: 'Reference image',
  addReference: 'Add a reference image',
  removeReference: 'Take the reference image away',
  not_an_image: 'That is no image VidGenie can read: take a PNG, JPEG or WebP.',
  too_heavy: 'That image is too heavy: it may have 10 MB.',
  too_large: 'That image is too large: it may have 4096 pixels a side.',
};
export const options = {
  all: 'Options',
  style: 'Look',
  quality: 'Quality',
  aspect: 'Shape',
  duration: 'Length',
  frames: 'Choose a frame first',
  variants: 'Images',
  scenes: 'Scenes',
  cut: 'Cut',
  resolution: 'Resolution',
  audio: 'Sound',
};
export const styles: Record<Style, string> = {
  vivid: 'Vivid',
  natural: 'Natural',
  cinematic: 'Cinematic',
  anime: 'Anime',
  photo: 'Photo',
  watercolor: 'Watercolour',
};
export const qualities: Record<Quality, string> = { standard: 'Standard', hd: 'HD' };
export const aspects: Record<Aspect, string> = { wide: 'Wide', tall: 'Tall', square: 'Square' };
export const resolutions: Record<Resolution, string> = { '720p': '720p', '1080p': '1080p', '4k': '4K' };
export const cuts: Record<Cut, string> = { hard: 'Hard', fade: 'Fade' };
/** How many images to choose from before there is a video. */
export const framesOf = (count: number): string => (count === 1 ? 'Straight to video' : String(count));
export const changes: Record<Change, string> = {
  picture: 'Changed image',
  film: 'Changed and animated',
  ending: 'New ending',
  vary: 'Other versions',
  better: 'High quality',
};
export const sound = (audio: boolean): string => (audio ? 'With sound' : 'No sound');
export const cannot = (what: string, maker: string): string => `${maker} does not offer: ${what}.`;
export const unavailable = 'Nobody has brought a key for this yet. An admin can, on the page Admin.';
export const needsWords = 'First, a few words.';
export const needsImage = 'First, an image.';
export const charactersLeft = (left: number): string => `${left} characters left`;
export const make = 'Make it';
export const makeIt = (price: number): string => `Make it · ${creditsOf(price)}`;
export const leftAfter = (left: number): string => `${number(left)} left afterwards`;

export const number = (amount: number): string => amount.toLocaleString('en');
export const credits = creditsOf;
export const creditsLeft = (balance: number): string => (balance === 1 ? 'credit' : 'credits');
export const seconds = (amount: number): string => `${amount} s`;
export const percent = (amount: number): string => `${amount} %`;
export const took = duration;
export const moment = (at: string): string =>
  new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const day = (at: string): string =>
  new Date(`${at}T00:00:00Z`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
export function ago(at: string): string {
  const minutes = Math.floor((Date.now() - Date.parse(at)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : moment(at);
}

export const latest = 'Latest';
export const seeAll = 'See everything';
export const unspoken = 'An image brought to life';
export const states: Record<RunState, string> = {
  queued: 'Waiting',
  running: 'At work',
  succeeded: 'Done',
  failed: 'Failed',
  canceled: 'Canceled',
};
export const stepNames: Record<StepKind, string> = { enhance: 'Prompt', image: 'Image', video: 'Video', join: 'Film' };
export const nodes = { prompt: 'Your words', enhance: 'Better prompt', image: 'Image', video: 'Video', join: 'Film' };
/** Names of steps of which a run has several. */
export const shotList = 'Shot list';
export const sceneOf = (scene: number): string => `Scene ${scene}`;
export const imageOf = (variant: number): string => `Image ${variant}`;
export const firstFrame = 'First frame';
export const lastFrame = 'New last frame';
export const clip = 'Clip';
export const clipOf = (number: number): string => `Clip ${number}`;
export const clips = 'Clips of the film';
export const filmSoFar = 'The film so far';
export const longerBy = (amount: number): string => `${amount} s longer`;
export const reference = 'The image of scene 1 shows what the others should look like';
export const looking = 'Looking';
export const imagesOf = (count: number): string => `${count} images`;
export const scenesOf = (count: number): string => `${count} scenes`;
export const fades = 'Fades';
export const several = (percent: number, ms: number): string =>
  ms <= 0 ? `At work · ${percent} %` : `At work · ${percent} %, about ${guess(ms)} left`;
export const stepStates = {
  waiting: 'Waiting',
  working: 'At work',
  done: 'Done',
  failed: 'Failed',
  skipped: 'Not started',
};
export const steps = 'Steps of this run';
export const standing = 'Where it stands';
export const progress = 'Progress of the run';
export const fold = 'Show less';
export const unfold = 'Show all';
export const motion = 'Motion';
export const ownWords = 'Your own words were used.';
export const deleted = 'Deleted';
export const pictureOf = (prompt: string, variant: number | null): string =>
  `${variant === null ? 'Image' : imageOf(variant)}: ${prompt || unspoken}`;
export const videoOf = (prompt: string): string => `Video: ${prompt || unspoken}`;
export const time = 'Time';
export const price = 'Price';
export const by = 'Made by';
export const ownKey = 'your key';
export const restOf = (ms: number): string => (ms <= 0 ? '' : `about ${guess(ms)}`);
export const remaining = (ms: number): string => (ms <= 0 ? '' : `about ${guess(ms)} left`);
export const stopping = 'stopping';
export const held = (price: number): string => `${creditsOf(price)} held`;
export const paid = (captured: number, released: number): string =>
  released === 0 ? `${creditsOf(captured)} paid` : `${creditsOf(captured)} paid, ${number(released)} given back`;

export const actions: Record<Action, string> = {
  cancel: 'Cancel',
  again: 'Again',
  edit: 'Edit prompt',
  animate: 'Animate',
  extend: 'Extend',
  continue: 'Continue',
  delete: 'Delete',
  reanimate: 'Animate again',
  lastFrame: 'From the last frame',
  vary: 'Vary',
  better: 'Better',
  change: 'Change',
  ending: 'New ending',
  remix: 'Remix',
  show: 'Back to this version',
};
export const moreActions = 'More';
/** The label of *Again*, on a run whose images a member chooses from. */
export const newFrames = (price: number | null): string =>
  price === null ? 'New frames' : priced('New frames', price);
/** `categories` are moderation's. */
export const flagged = (categories: string): string =>
  categories === '' ? 'Hidden by moderation. Show it' : `Hidden by moderation (${categories}). Show it`;
export { extendBy } from './measures.ts';
export const download = 'Download';
export const openImage = 'Open it whole';
export const downloadImage = 'Download the image';
export const downloadVideo = 'Download the video';
export const copyThread = 'Copy link to thread';
export const copied = 'The link is copied.';
/** The label of a button that starts a run. */
export const priced = (label: string, price: number): string => `${label} · ${creditsOf(price)}`;
