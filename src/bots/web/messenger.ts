import type { Messenger } from '../../pipeline/messenger.ts';

/**
 * The web needs no messages: the page and programs read a run themselves. A run from there counts as delivered once it has ended.
 */
export const createWebMessenger = (): Messenger => ({
  update: async () => {},
  deliver: async (view) => view.run.postedMessages,
  takeBack: async () => {},
  unreached: () => [],
});
