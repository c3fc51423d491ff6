/** Texts that only Discord needs. */
export const animateCommand = 'Animate with VidGenie';
export const editCommand = 'Edit this image';
export const description = 'Images and videos from a few words';

/** Names the requester, if the message does not answer a command. */
export const askedBy = (memberId: string): string => `Asked for by <@${memberId}>.`;
export const thread = (channelId: string): string => `Everything about it is in <#${channelId}>.`;

/** The names of permissions as Discord itself shows them. */
export const permissions = {
  ViewChannel: 'View Channel',
  SendMessages: 'Send Messages',
  SendMessagesInThreads: 'Send Messages in Threads',
  CreatePublicThreads: 'Create Public Threads',
  AttachFiles: 'Attach Files',
  ReadMessageHistory: 'Read Message History',
};

/** The menu below a result, for what has no button. */
export const menu = 'More to do with it';

/** The answer to a mention that says nothing about a result. */
export const mentioned = {
  title: 'What would you like to see?',
  text: 'Type /vidgenie complete and a few words. Then mention VidGenie in the thread of the result to change it, for example: make it dusk, slower.',
};

export const lacking = {
  title: 'VidGenie may not work in this channel',
  text: (names: string) =>
    `It lacks: ${names}. An admin can allow that in the channel's settings under Permissions. Nothing was charged.`,
};

export const fault = {
  title: 'That did not work',
  text: 'Something unexpected happened on the way. What did not start was not charged; try again in a minute.',
};
export const slow = { title: 'That took too long', text: 'VidGenie is busy right now. Try again in a moment.' };
export const outdated = {
  title: 'VidGenie does not know that any more',
  text: 'It may come from another version. Type /vidgenie help to see what there is.',
};

/** A result that is too large for this server. */
export const tooLarge = {
  link: (label: string, url: string) => `${label}: too large for this server; [fetch it here](${url}).`,
  kept: (label: string, key: string) =>
    `${label}: too large for this server. It is kept: the operator finds it in the media store as ${key}.`,
};

export const welcome = {
  title: 'VidGenie is here',
  intro: (credits: string) => `This server has ${credits} to begin with, and is topped up each month.`,
  steps: [
    '1. Type /vidgenie complete a fox in the snow: a thread opens, and ends with an image and a video.',
    '2. Type /vidgenie settings to choose what is usual here (for admins).',
    '3. Type /vidgenie help to see every command and what it costs.',
  ],
};
