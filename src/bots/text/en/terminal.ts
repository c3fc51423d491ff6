import { credits } from './measures.ts';

/** The texts of the terminal itself. */
export const welcome = {
  title: 'VidGenie',
  balance: (balance: number) => `${credits(balance)} in this terminal's workspace.`,
  how: 'Type a command, for example: complete a fox in the snow · Tab completes · help explains · exit leaves',
};

export const workspaceName = 'This terminal';

export const from = (platform: string): string => `VidGenie · ${platform}`;

/** The prompt of `vidgenie demo` when nobody gives one. */
export const demoPrompt = 'a fox in the snow';

export const demoGrant = 'for the demo';
export const demoGranted = (amount: number): string =>
  `The demo needs ${credits(amount)} more than this terminal's workspace has left: granted.`;
export const cannotOpen = (opener: string): string =>
  `Nothing could be opened here (${opener} did not do it). The files are where it says above.`;

export const leaving = 'Leaving.';
export const unfinished = (runs: number): string =>
  runs === 1
    ? 'One run is unfinished: it resumes when VidGenie starts again.'
    : `${runs} runs are unfinished: they resume when VidGenie starts again.`;

export const resuming = (ids: readonly string[]): string =>
  `${ids.length === 1 ? 'A run' : `${ids.length} runs`} from before ${ids.length === 1 ? 'goes' : 'go'} on: ${ids.join(', ')}.`;

export const waitingFor = (ids: readonly string[]): string =>
  `Before leaving: waiting for ${ids.length === 1 ? 'an unfinished run' : `${ids.length} unfinished runs`} from before (${ids.join(', ')}).`;

export const away = 'The database is away; this goes on when it is back.';

export const more = (runs: number): string => `… and ${runs} more ${runs === 1 ? 'run' : 'runs'} (see status)`;

/** For a place where nobody can confirm that a run should stop. */
export const addYes = (id: string): string => `Nobody can be asked here. To stop it all the same: cancel ${id} --yes`;

/** Says what happens to a run if you leave its terminal before its end. */
export const left = (id: string, held: number, stopping: string): string =>
  `Run ${id} is not over: it goes on when VidGenie starts again, and holds ${credits(held)} until then. ${stopping} To stop it: vidgenie cancel ${id}`;

export const notSaved = 'Nothing was changed.';
export const fault = 'Something unexpected happened. Try again; with LOG_LEVEL=debug the log says more.';
