import { credits } from './measures.ts';

/** Texts that only Slack needs. */
export const runId = (id: string): string => `Run ${id}`;
export const planTitle = (title: string, percent: number): string => `${title}, ${percent} %`;

export const accepted = {
  title: 'On its way',
  thread: 'Every step is shown in the thread here, and then the result.',
  repeated: 'This was asked for already; it is shown in its own thread.',
};

/** The menu at the end of a row of buttons. */
export const menu = 'More …';
export const thinking = 'One moment …';
export const here = 'VidGenie can post in this conversation.';
export const fault = {
  title: 'That did not work',
  text: 'Something unexpected happened on the way. Nothing was charged for what did not start; try again in a minute.',
};
export const unreadable = {
  title: 'VidGenie may not read files here',
  text: 'The app was installed without the permission files:read. An admin can install it again. Nothing was charged.',
};
export const notInstalled = {
  title: 'VidGenie has to be installed again',
  text: (address: string) =>
    `This workspace has no valid installation any more. An admin can install the app again${address === '' ? '' : `: ${address}`}. Nothing was charged.`,
};

export const invite = {
  title: 'VidGenie is not in this conversation',
  text: 'Type /invite @VidGenie here, or ask in a public channel, and try again. Nothing was charged.',
};
export const archived = {
  title: 'This channel is archived',
  text: 'Nobody can post here any more. Ask in another channel; nothing was charged.',
};

/** Files that the channel did not take. */
export const upload = {
  direct: (reason: string) =>
    `Slack did not take the files here (${reason}), so they were sent to you in a direct message.`,
  link: (reason: string) => `Slack did not take the files (${reason}). They can be fetched here:`,
  until: (label: string, moment: string) => `${label} (until ${moment})`,
  kept: (reason: string) =>
    `Slack did not take the files (${reason}). They are kept: the operator finds them in the media store by the run's id.`,
  flagged: 'Moderation has flagged a part of the result. Slack would show it to everybody, so it is only linked here:',
  flaggedDirect:
    'Moderation has flagged a part of the result. Slack would show it to everybody, so it was sent to you in a direct message.',
  forYou: (prompt: string) => `The files of your run: ${prompt}`,
};

export const create = {
  title: 'Create with VidGenie',
  titleOn: { video: 'Animate this image', edit: 'Edit this image' },
  submit: 'Create',
  close: 'Close',
  workflow: 'What to make',
  image: 'Image (to animate, to change, or to follow)',
  imageHint: 'PNG, JPEG or WebP, up to 10 MB and 4096 pixels a side.',
  channel: 'Where to show it',
  defaultValue: 'As usual here',
  between: (min: number, max: number, defaultValue: number | null) =>
    `${min} to ${max}${defaultValue === null ? '' : `, usually ${defaultValue}`}`,
  on: 'On',
  off: 'Off',
  optional: 'Leave as it is to use what is usual in this workspace.',
  dearer: (price: number) => `What you chose costs ${credits(price)}. Nothing was charged yet.`,
  slow: 'VidGenie is busy right now. Nothing was charged; press the button again in a moment.',
  noImage: {
    title: 'There is no image in that message',
    text: 'Choose a message with a PNG, JPEG or WebP file. Nothing was charged.',
  },
};

export const form = { save: 'Save', close: 'Close' };

export const noForm = {
  title: 'That needs a form',
  text: (command: string) => `Forms open from a slash command or from VidGenie's Home: /vidgenie ${command}`,
};

export const home = {
  title: 'VidGenie',
  create: 'Create a video',
  credits: 'Credits',
  runs: 'Latest runs',
  noRuns: 'No runs yet. Try: /vidgenie complete a fox in the snow',
  open: 'Open the thread',
  admin: 'For admins',
  keys: 'Provider keys',
  settings: 'Settings',
};

export const installed = {
  title: 'VidGenie is installed',
  text: 'Type /vidgenie in any channel to begin.',
  failedTitle: 'VidGenie was not installed',
  failed:
    'Slack did not confirm the installation, or the page was open for too long. Start again from the install page.',
};
