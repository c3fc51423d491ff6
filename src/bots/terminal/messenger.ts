import type { Messenger } from '../../pipeline/messenger.ts';

/** The terminal shows a run by watching the database, in the process where somebody looks. So this messenger sends nothing. */
export const createTerminalMessenger = (): Messenger => ({
  update: async () => {},
  deliver: async (view) => view.run.postedMessages,
  takeBack: async () => {},
  unreached: () => [],
});
