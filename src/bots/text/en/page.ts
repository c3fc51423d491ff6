import type {
  Aspect,
  Quality,
  Resolution,
  RunState,
  StepKind,
  Style,
  TransactionKind,
  Workflow,
} from '../../../domain.ts';
import type { Action } from '../../card.ts';
import { credits as creditsOf, duration, guess } from './measures.ts';

/** The texts that the page shows without the server. A browser loads this file as it is, so it imports only other texts. */

export const about = 'Say what you would like to see, and watch it become an image and a video.';
export const navigation = 'Main';
export const skip = 'Skip to the content';
export const views = { make: 'Make', gallery: 'Gallery', credits: 'Credits', admin: 'Admin' };
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
  ideas: 'Ideas',
  examples: [
    'A fox in the snow, at first light',
    'A lighthouse in a storm, waves breaking over the rocks',
    'A paper boat drifting down a rainy street',
  ],
};
export const workflows: Record<Workflow, string> = {
  complete: 'Image and video',
  image: 'Image',
  video: 'Video of your image',
};
export const image = {
  choose: 'Choose an image',
  orDrop: 'or drop or paste one here',
  yours: 'Your image',
  remove: 'Take the image away',
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
export const stepNames: Record<StepKind, string> = { enhance: 'Prompt', image: 'Image', video: 'Video' };
export const nodes = { prompt: 'Your words', enhance: 'Better prompt', image: 'Image', video: 'Video' };
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
export const pictureOf = (prompt: string): string => `Image: ${prompt || unspoken}`;
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
  delete: 'Delete',
};
export const download = 'Download';
export const openImage = 'Open it whole';
export const downloadImage = 'Download the image';
export const downloadVideo = 'Download the video';
export const copyThread = 'Copy link to thread';
export const copied = 'The link is copied.';
export const byHand = {
  title: 'Copy the link from here',
  text: 'The browser did not let the page copy it. The link is selected: copy it as you copy any text.',
};
/** The label of a button that starts a run. */
export const priced = (label: string, price: number): string => `${label} · ${creditsOf(price)}`;
export const edit = { title: 'Edit the prompt' };
export const stop = { confirm: 'Stop', keep: 'Keep going' };
export const remove = {
  title: 'Delete what this run made?',
  text: 'The image and the video are gone for good. What they cost stays in the ledger.',
};

export const gallery = {
  search: 'Search in prompts',
  kind: 'Kind',
  all: 'All',
  images: 'Images',
  videos: 'Videos',
  member: 'Made for',
  everybody: 'Everybody',
  empty: 'Nothing has been made here yet.',
  none: 'Nothing like that was found.',
};

export const ledger = {
  balance: 'Balance',
  held: 'Held',
  today: 'Used in 24 hours',
  month: 'Used in 30 days',
  byDay: (days: number): string => `Used in the last ${days} days`,
  byMember: 'By member',
  transactions: 'Transactions',
  when: 'When',
  what: 'What',
  amount: 'Credits',
  kinds: {
    grant: 'Granted',
    hold: 'Held',
    capture: 'Paid',
    release: 'Released',
    refund: 'Refunded',
    adjust: 'Adjusted',
  } satisfies Record<TransactionKind, string>,
};

export const keys = {
  title: 'Keys',
  intro:
    'With a key of your own, steps run on your account there. A key is tried for free, encrypted, and never shown again.',
  none: 'No key yet',
  field: (vendor: string): string => `${vendor} key`,
  addHint: 'Paste the key',
  replaceHint: 'Paste another key',
  add: 'Save',
  replace: 'Replace',
  trying: 'Trying it…',
  remove: 'Remove',
  removeTitle: (vendor: string): string => `Remove the ${vendor} key?`,
  removeText: 'It is deleted here at once. Runs at work that need it fail, and what they held comes back.',
  checked: (at: string): string => `tried ${moment(at)}`,
};

export const settings = {
  title: 'Defaults',
  intro: 'What a run starts with when nobody chooses otherwise.',
  noWish: 'No preference',
  blocked: 'Blocked words',
  blockedHint: 'One a line, or separated by commas',
  daily: 'Runs per member in 24 hours',
  dailyHint: 'No limit',
  channels: 'Channels for runs (their ids)',
  channelsHint: 'None: everywhere',
  spoilers: 'Hide results as spoilers until somebody clicks them',
  mentions: 'Mention who asked when the result is there',
  save: 'Save',
  saved: 'Saved',
};

export const grant = {
  title: 'Credits',
  intro: (balance: number): string =>
    `${creditsOf(balance)} left. This installation is yours: add as many as you like.`,
  amount: 'How many',
  give: 'Add credits',
};

export const tokens = {
  title: 'Tokens for programs',
  intro: 'A program that sends one may use this workspace over HTTP. What it can ask:',
  label: 'What it is for',
  labelHint: 'A script, a website…',
  scope: 'Rights',
  scopes: { member: 'Member', admin: 'Admin', operator: 'Operator' },
  make: 'Make a token',
  unused: 'never used',
  used: (at: string): string => `last used ${moment(at)}`,
  revoke: 'Revoke',
  revokeTitle: (label: string): string => `Revoke "${label}"?`,
  revokeText: 'Programs that use it are refused from now on.',
  madeTitle: 'Your new token',
  once: 'Copy it now: it is shown this once, and only its hash is kept.',
  copy: 'Copy',
  copied: 'Copied',
};
