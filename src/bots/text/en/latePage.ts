import type { CastKind, ProvidedKind, TransactionKind } from '../../../domain.ts';
import type { AskingAction } from '../../card.ts';
import { credits as creditsOf } from './measures.ts';
import { moment } from './page.ts';

/** The texts of the views that the page loads when somebody opens them. */

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
  results: 'Moderation of results',
  resultsShown: {
    off: 'Off',
    spoiler: 'Hide what it flags until somebody opens it',
    withhold: 'Withhold and refund what it flags',
  },
  daily: 'Runs per member in 24 hours',
  dailyHint: 'No limit',
  channels: 'Channels for runs (their ids)',
  channelsHint: 'None: everywhere',
  spoilers: 'Hide results as spoilers until somebody clicks them',
  mentions: 'Mention who asked when the result is there',
  save: 'Save',
  saved: 'Saved',
  castBy: 'Who may add to the cast',
  castByWhom: { members: 'All members', admins: 'Only admins' },
  model: { enhance: 'Model for prompts', image: 'Model for images', video: 'Model for videos' } satisfies Record<
    ProvidedKind,
    string
  >,
  shortcut: (name: string, models: readonly string[]): string => `${name} (${models.join(', ')})`,
  allowed: (count: number): string => `Models that members may use: ${count === 0 ? 'all' : count}`,
  allowedHint: 'Nothing ticked: all. A tick restricts models of its own kind only.',
  notHere: 'Not here now',
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

export const cast = {
  intro: 'The same face in every picture: write @name in your words, and the images follow these pictures.',
  empty: 'Nobody is in the cast yet.',
  count: (entries: number, max: number): string => `${entries} of ${max}`,
  add: 'Add to the cast',
  name: 'Name',
  nameHint: 'fox',
  kind: 'What it is',
  kinds: { character: 'Character', product: 'Product', style: 'Style', place: 'Place' } satisfies Record<
    CastKind,
    string
  >,
  pictures: (max: number): string => `Up to ${max} pictures`,
  picture: (number: number): string => `Picture ${number}`,
  pictureOf: (name: string, number: number): string => `@${name}, picture ${number}`,
  removePicture: (number: number): string => `Take picture ${number} away`,
  description: 'Description',
  descriptionHint: 'How it looks, in a few words',
  mayUse: 'I may use this likeness',
  addedBy: (name: string): string => `added by ${name}`,
  remove: 'Remove',
  removeTitle: (name: string): string => `Remove @${name}?`,
  removeText: 'Its pictures are erased. What was made with them stays.',
};

/** The forms behind the buttons that ask for words. */
export const asking: Record<AskingAction, { title: string; label: string; hint: string }> = {
  edit: { title: 'Edit the prompt', label: 'Your words', hint: '' },
  change: { title: 'Change the image', label: 'What should change?', hint: 'Make it night, with a full moon' },
  reanimate: { title: 'Animate it again', label: 'What should happen?', hint: 'Slowly closer, snow falling' },
  lastFrame: { title: 'Go on from the last frame', label: 'What happens next?', hint: 'The fox walks away' },
  ending: { title: 'Another ending', label: 'What should the end look like?', hint: 'The fox sleeps' },
  remix: { title: 'Remix', label: 'What would you like to see, in the spirit of this image?', hint: '' },
};

export const board = {
  hint: (count: number): string => `Keys 1 to ${count} choose`,
  /** The name of a button on one of several images. It begins with the words on the button. */
  ofImage: (label: string, image: number): string => `${label}, image ${image}`,
};

export const versions = {
  title: 'Versions',
  current: (number: number): string => `Version ${number}`,
  goTo: (number: number, isOlder: boolean): string => `${isOlder ? 'Back' : 'On'} to version ${number}`,
};

export const extension = {
  title: 'Make the film longer',
  by: 'By how much',
  other: 'Extend by another length',
  unpriced: 'You see the price before anything is charged.',
};

export const byHand = {
  title: 'Copy the link from here',
  text: 'The browser did not let the page copy it. The link is selected: copy it as you copy any text.',
};

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

export const models = {
  one: 'Model',
  replaced: (model: string, before: string): string => `Made by ${model} instead of ${before}.`,
  field: 'Models',
  title: 'Choose the models',
  search: 'Search models',
  done: 'Done',
  kinds: { enhance: 'Prompt', image: 'Image', video: 'Video' } satisfies Record<ProvidedKind, string>,
  aliases: 'Shortcuts',
  automatic: 'Automatic',
  automaticNow: (title: string): string => `now ${title}`,
  found: (count: number): string => (count === 1 ? '1 model' : `${count} models`),
  none: 'No model is called that.',
  between: (shortest: number, longest: number): string =>
    shortest === longest ? `${longest} s` : `${shortest}–${longest} s`,
  upTo: (seconds: number): string => `up to ${seconds} s in parts`,
  follows: (pictures: number): string => (pictures === 1 ? 'follows 1 picture' : `follows ${pictures} pictures`),
  looks: 'looks at pictures',
  lastFrame: 'first and last frame',
  makesNo: (things: readonly string[]): string => `Makes no ${things.join(', no ')}.`,
  followsNone: 'Follows no image.',
  unable: 'Cannot do these options.',
  notAllowed: 'Your admins allow other models only.',
  instead: (now: string, before: string): string => `${now} instead of ${before}`,
  changed: (title: string, changes: readonly string[]): string => `${title}: ${changes.join(', ')}.`,
  gone: (id: string): string => `${id} is not available here now.`,
};
