import type { Vendor, Workflow } from '../../../domain.ts';
import { vendorName } from '../../../pipeline/providers/vendors.ts';
import type { KeyChange } from '../../commands/keyChange.ts';
import { anyOf, credits } from './measures.ts';

/** One line each, at most 100 characters, because chat platforms show no more. */
export const describe = {
  complete: 'Make an image and a video from a few words',
  image: 'Make an image from a few words',
  video: 'Bring an image of yours to life',
  story: 'Tell a story in several scenes and get one film',
  edit: 'Change an image with plain words',
  cast: 'Keep the same face: add, list, show and remove who @names stand for',
  status: 'See where a run stands',
  cancel: 'Stop a run; whatever was not sent yet costs nothing',
  history: 'Find earlier runs and what they made',
  credits: 'See the balance, the last transactions and the use',
  keys: 'Bring your own keys of OpenAI, Google and others, privately',
  settings: 'Choose what a command means when nobody says otherwise',
  web: 'Get a private link to the page with everything you made',
  api: 'Make, list and revoke tokens for programs, privately',
  help: 'See what VidGenie does and what it costs',
};

export const options = {
  prompt: 'What you would like to see',
  story: 'What happens in the story',
  motion: 'What should happen in the video',
  image: 'The image to animate: PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side',
  style: 'The look',
  quality: 'The quality of the image',
  aspect: 'The shape of the picture',
  duration: 'The length of the video in seconds',
  storyDuration: 'The length of the film in seconds',
  scenes: 'How many scenes the story has',
  variants: 'How many images to choose from',
  frames: 'How many images to choose from before there is a video; 1 makes the video at once',
  ref: 'An image to follow: its people, things and style',
  toChange: 'The image to change: PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side',
  change: 'What should change; all else stays as it is',
  cut: 'How one scene changes to the next: at once (hard) or through black (fade)',
  model: 'The model to use, or an alias such as fast; several with + between them',
  defaultModel: 'The models that runs use when nobody names one, or aliases; "none" takes all back',
  allow: 'The only models that members may use, separated by commas; "none" allows all',
  resolution: 'The resolution of the video',
  audio: 'Whether the video has sound',
  run: 'The run: the first characters of its id',
  yes: 'Stop without asking, whatever that costs',
  everyone: "Everyone's runs, not only yours (for admins)",
  daily: 'How many runs a member may start in 24 hours; 0 takes the limit away',
  mentions: 'Whether who asked is mentioned when the result is there',
  blocked: 'Words that no prompt may contain, separated by commas; "none" takes all back',
  reset: "Back to the product's own defaults",
  castAction: 'What to do with the cast',
  castName: 'The name in the cast, without the @',
  castBy: 'Who may add to the cast',
  command: 'The command to explain',
  create: 'Make a token with the rights of a member or of an admin',
  label: 'What the token is for',
  revoke: 'The token to revoke: the first characters of its id',
};

/** A model, in a list to choose from. */
export const models = {
  title: 'Models',
  makes: { enhance: 'prompt', image: 'image', video: 'video' } as const,
  seconds: (shortest: number, longest: number) => (shortest === longest ? `${longest} s` : `${shortest}–${longest} s`),
  impossible: 'not with these options',
  more: (count: number) => `${count} more: type a part of their name after --model.`,
  choose: (names: readonly string[]) =>
    `You can choose a model with --model, for example ${anyOf(names)}. help complete lists them with their prices.`,
};

export const usage = {
  defaultValue: (value: string) => `usually ${value}`,
  between: (min: number, max: number, defaultValue: number | null) =>
    `${min} to ${max}${defaultValue === null ? '' : `, usually ${defaultValue}`}`,
  asModelsCan: (defaultValue: number | null) =>
    `as long as the model can${defaultValue === null ? '' : `, usually ${defaultValue}`}`,
  on: 'on',
  off: 'off',
};

const made: Record<Workflow, string> = {
  complete: 'an image and a video',
  image: 'an image',
  video: 'a video of your image',
  story: 'a story in one film',
  extend: 'a longer video',
  edit: 'a changed image',
};

export const help = {
  title: 'VidGenie',
  intro:
    'Say what you would like to see. VidGenie improves the words, paints an image, and turns the image into a video.',
  prices: 'What it costs here',
  price: (workflow: Workflow, price: number) => `${credits(price)} for ${made[workflow]}`,
  promise:
    'You pay only for what you receive: the price is held when a run starts, and whatever does not arrive goes back.',
  commands: 'Commands',
  more: 'help <command> lists its options.',
  options: 'Options',
  noOptions: 'It takes no options.',
};

export const creditsCard = {
  title: (balance: number) => `${credits(balance)} left`,
  balance: 'Balance',
  held: 'Held for runs at work',
  usage: 'Used in the last day, week, month',
  latest: 'Latest transactions',
  none: 'Nothing yet.',
  kinds: {
    grant: 'granted',
    hold: 'held',
    capture: 'paid',
    release: 'released',
    refund: 'refunded',
    adjust: 'adjusted',
  },
  othersRun: "another member's run",
  run: (id: string) => `run ${id}`,
};

export const historyCard = {
  title: (runs: number) => (runs === 1 ? 'The latest run' : `The latest ${runs} runs`),
  none: 'No runs yet',
  firstStep: 'Try: complete a fox in the snow',
  expired: 'no longer kept',
};

const checks = {
  unchecked: 'not tried yet',
  valid: 'works',
  invalid: 'was refused',
  no_permission: 'may not do everything',
  out_of_quota: 'has nothing left',
  unreachable: 'could not be tried',
} as const;

export const keys = {
  title: 'Keys of this workspace',
  intro: 'Steps run on them instead of on the keys of whoever hosts VidGenie. A field left empty changes nothing.',
  status: checks,
  field: (vendor: Vendor) => `${vendorName(vendor)} key`,
  stored: (lastFour: string, status: string) => `…${lastFour}, ${status}`,
  none: 'none',
  remove: 'Remove',
  unchanged: 'Nothing was changed',
  changed: 'Saved',
  notChanged: 'Not everything was saved',
  how: 'A key is typed into a private form, never into a command: vidgenie keys set openai',
  change: (it: KeyChange): string => {
    const vendor = vendorName(it.vendor);
    switch (it.outcome) {
      case 'saved':
        return {
          valid: `The ${vendor} key …${it.lastFour} works and is used from the next run on.`,
          no_permission: `The ${vendor} key …${it.lastFour} was saved, but it may not list models: give it that permission, or runs may fail.`,
          out_of_quota: `The ${vendor} key …${it.lastFour} was saved, but its account has nothing left: add money there, or runs will fail.`,
          invalid: '',
          unreachable: '',
        }[it.check];
      case 'kept':
        return it.check === 'unreachable'
          ? `${vendor} could not be reached, so the key could not be tried and was not saved. Try again in a minute.`
          : `${vendor} does not know this key, so it was not saved. Copy it once more from your account there.`;
      case 'malformed':
        return `That is no ${vendor} key: it has blanks, or an unusual length. Copy it once more from your account there.`;
      case 'bot_removed':
        return `The ${vendor} key was not saved, because VidGenie was just removed from here or its data was deleted. If you still want it here, save the key again.`;
      case 'removed':
        return `The ${vendor} key was deleted.`;
      case 'nothing_there':
        return `There was no ${vendor} key.`;
    }
  },
};

export const settings = {
  title: 'Settings of this workspace',
  intro: 'What a command means when nobody says otherwise, and what members may do.',
  saved: 'Saved',
  defaultValue: (value: string) => `No wish (${value})`,
  fields: {
    style: 'Look',
    quality: 'Quality of the image',
    aspect: 'Shape of the picture',
    duration: 'Length of the video',
    video: 'Resolution and sound',
  },
  pages: { defaults: 'Defaults', limits: 'Limits', video: 'Before a video', models: 'Models', words: 'Blocked words' },
  channels: 'Channels for runs',
  channelsHint: 'Runs can be started only there. None chosen: everywhere.',
  everywhere: 'everywhere',
  daily: 'Runs per member in 24 hours',
  dailyHint: 'A whole number up to 1000. Empty or 0: as many as the credits allow.',
  unlimited: 'as many as the credits allow',
  spoilers: 'Results as spoilers',
  spoilersOn: 'Hide images and videos until somebody clicks them',
  mentions: 'Mention who asked',
  mentionsOn: 'Once, when the result is there',
  castBy: 'Who may add to the cast',
  castByWhom: { members: 'All members', admins: 'Only admins' },
  model: 'Models without a wish',
  modelHint: 'Models or aliases with + between them. Empty: VidGenie chooses.',
  modelChosen: 'VidGenie chooses',
  allow: 'Models that members may use',
  allowHint: 'One on each line. Empty: all. Only the kinds of step that they make are limited.',
  allAllowed: 'all',
  frames: 'Before a video',
  framesShown: (images: number) =>
    images === 1 ? 'Make the video at once' : `Show ${images} images first, and let the member choose`,
  results: 'Moderation of results',
  resultsShown: {
    off: 'Off',
    spoiler: 'Hide what moderation flags until somebody opens it',
    withhold: 'Withhold and refund what moderation flags',
  },
  blockedHint: 'No prompt may contain them. One on each line, or separated by commas.',
  seconds: (amount: number) => `${amount} s`,
  resolution: (resolution: string, audio: boolean) => `${resolution} ${audio ? 'with sound' : 'without sound'}`,
  blocked: 'Blocked words',
  noneBlocked: 'none',
  how: 'Change one with, for example: settings --duration 5, or take all back with: settings --reset',
};
