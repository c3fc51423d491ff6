import type { Workflow } from '../../../db/vocabulary.ts';
import { credits } from './measures.ts';

/** One line each, at most 100 characters: chat platforms show no more. */
export const describe = {
  complete: 'Make an image and a video from a few words',
  image: 'Make an image from a few words',
  video: 'Bring an image of yours to life',
  status: 'See where a run stands',
  cancel: 'Stop a run; whatever was not sent yet costs nothing',
  history: 'Find earlier runs and what they made',
  credits: 'See the balance, the last transactions and the use',
  settings: 'Choose what a command means when nobody says otherwise',
  help: 'See what VidGenie does and what it costs',
};

export const options = {
  prompt: 'What you would like to see',
  motion: 'What should happen in the video',
  image: 'The image to animate: PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side',
  style: 'The look',
  quality: 'The quality of the image',
  aspect: 'The shape of the picture',
  duration: 'The length of the video in seconds',
  resolution: 'The resolution of the video',
  audio: 'Whether the video has sound',
  run: 'The run: the first characters of its id',
  everyone: "Everyone's runs, not only yours (for admins)",
  reset: "Back to the product's own defaults",
  command: 'The command to explain',
};

export const usage = {
  usual: (value: string) => `usually ${value}`,
  between: (least: number, most: number, usual: number | null) =>
    `${least} to ${most}${usual === null ? '' : `, usually ${usual}`}`,
  on: 'on',
  off: 'off',
};

const made: Record<Workflow, string> = {
  complete: 'an image and a video',
  image: 'an image',
  video: 'a video of your image',
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
  run: (id: string) => `run ${id}`,
};

export const historyCard = {
  title: (runs: number) => (runs === 1 ? 'The latest run' : `The latest ${runs} runs`),
  none: 'No runs yet',
  firstStep: 'Try: complete a fox in the snow',
};

export const settings = {
  title: 'Defaults of this workspace',
  intro: 'What a command means when nobody says otherwise.',
  saved: 'Saved',
  usual: (value: string) => `No wish (${value})`,
  fields: {
    style: 'Look',
    quality: 'Quality of the image',
    aspect: 'Shape of the picture',
    duration: 'Length of the video',
    video: 'Resolution and sound',
  },
  seconds: (amount: number) => `${amount} s`,
  resolution: (resolution: string, audio: boolean) => `${resolution} ${audio ? 'with sound' : 'without sound'}`,
  how: 'Change one with, for example: settings --duration 5, or take all back with: settings --reset',
};
