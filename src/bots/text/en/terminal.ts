import { anyOf, credits } from './measures.ts';

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

export const deleteFor = (id: string, prompt: string): string => `Delete the files of run ${id} (${prompt}) for good?`;
export const notDeleted = 'Nothing was deleted.';
/** For a place where nobody can confirm that files should be deleted. */
export const addYesToDelete = (id: string): string =>
  `Nobody can be asked here. To delete it all the same: delete ${id} --yes`;

/** Says what happens to a run if you leave its terminal before its end. */
export const left = (id: string, held: number, stopping: string): string =>
  `Run ${id} is not over: it goes on when VidGenie starts again, and holds ${credits(held)} until then. ${stopping} To stop it: vidgenie cancel ${id}`;

export const imagePath = (number: number, max: number) => `the path of picture ${number} of ${max}; empty: no more`;
export const notSaved = 'Nothing was changed.';
export const fault = 'Something unexpected happened. Try again; with LOG_LEVEL=debug the log says more.';

/** The actions on a result, which a person at a terminal types. */
export const actions = {
  run: 'The run: the first characters of its id; without it, the last result',
  words: 'The number of one of several images, and then what you would like',
  yes: 'Delete without asking',
  describe: {
    animate: 'Make a video of an image',
    reanimate: 'Make another video of the same image, with another motion',
    change: 'Change an image with plain words',
    vary: 'Make other versions of an image',
    better: 'Make an image once more, in high quality',
    again: 'Make it once more',
    edit: 'Make it once more, with other words',
    extend: 'Make a video longer',
    continue: 'Make the rest of an unfinished run',
    lastFrame: 'Make a video that begins where this one ends',
    ending: 'Make a video once more, with another ending',
    remix: 'Make something new that follows an image',
    show: 'Show a result again, with its files',
    delete: 'Delete the files of a run for good',
  },
} as const;
export const placeholders = { image: 'image', words: 'words' };

/** The command that makes a video of one of several images. */
export const choose = (images: readonly number[], price: number): string =>
  `Type ${anyOf(images)} to make a video of that image, for ${credits(price)}.`;
export const chooseInShell = (command: string, images: readonly number[], price: number): string =>
  `To make a video of image ${anyOf(images)} for ${credits(price)}, for example: ${command}`;
export const next = (typed: readonly string[]): string => `You can also type: ${typed.join(' · ')}`;
export const nextInShell = 'What you can do next:';
export const inOwnWords = 'Or say in your own words what to change, for example: make it night';

export const startFor = (price: number): string => `Start it for ${credits(price)}?`;
export const typeStart = 'To start it, type: start';
export const notStarted = 'Nothing was started.';
export const sendWords = 'Enter starts it, Ctrl-C does not';
