import type { Messenger } from '../../pipeline/messenger.ts';

/** The page and programs look for themselves: a run that was asked for there has nobody to speak to, and is delivered by being over. */
export const createWebMessenger = (): Messenger => ({
  update: async () => {},
  deliver: async (view) => view.run.postedMessages,
  unreached: () => [],
});
