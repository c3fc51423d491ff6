import type { Messenger } from '../../pipeline/messenger.ts';

/** The terminal shows a run by watching the database, in whichever process somebody looks: there is nothing to send. */
export const createTerminalMessenger = (): Messenger => ({
  update: async () => {},
  deliver: async (view) => view.run.postedMessages,
  unreached: () => [],
});
