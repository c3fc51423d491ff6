import type { Run, Step } from '../../../db/runs.ts';
import { bytes, few } from './measures.ts';
import { usd } from './prices.ts';

/** Texts of the command line for the operator, about runs, credits and workspaces. */

const short = (id: string) => id.slice(0, 8);
const at = (date: Date) => date.toISOString().replace('T', ' ').slice(0, 19);

export const describe = {
  runs: 'look at runs of all workspaces, and mend what is stuck',
  runsList: 'list the newest runs',
  runsShow: 'show a run with its steps, providers and failures',
  runsRetry:
    'start a failed run anew: a new run, charged like any other, once however often this is repeated (to make it free, grant credits)',
  runsFail: 'end a run that does not end by itself: what was delivered is paid, the rest goes back',
  adjust: 'add credits to a workspace, or take some away (write -- before a negative amount)',
  export: 'write the ledger to stdout as CSV',
  workspaces: 'look at workspaces, and forget one',
  workspacesList: 'list all workspaces with what they have',
  workspacesPurge:
    'delete all media, keys, prompts and names of a workspace, and let nobody in on its behalf; its ledger stays, and names nobody',
};
export const options = {
  run: 'a run, or the first characters of its id (at least four)',
  state: 'only runs in this state',
  limit: 'how many at most (50)',
  stuck:
    'only runs that were started and have been due for more than a minute, or whose turns come to nothing again and again',
  yes: 'do not ask',
  ofWorkspace: 'only of this workspace',
};

export const needsYes = (question: string): string => `${question} Nobody can be asked here: add --yes to do it.`;
export const badNumber = (name: string, given: string, min: number, max: number): string =>
  `"${given}" cannot be ${name}: a whole number from ${min} to ${max} can, other than 0.`;
export const badState = (given: string, states: readonly string[]): string =>
  `"${given}" is no state of a run: ${states.join(', ')} are.`;
export const amount = 'an amount';

export const noRuns = 'There are no such runs.';
export const olderRuns = (newest: number): string =>
  `Only the newest ${newest} runs were looked at. Older ones may be in this state, too.`;
export const noRun = (given: string): string => `There is no run that begins with "${given}".`;
export const ambiguousRun = (given: string): string => `Several runs begin with "${given}": give more of the id.`;
type Listed = Pick<
  Run,
  'id' | 'workspaceId' | 'workflow' | 'state' | 'priceCredits' | 'failure' | 'createdAt' | 'prompt'
>;
export const runColumns = ['run', 'started (UTC)', 'state', 'workflow', 'credits', 'workspace', 'member', 'prompt'];
export const runRow = (run: Listed & { member: string }): string[] => [
  short(run.id),
  at(run.createdAt),
  run.state,
  run.workflow,
  String(run.priceCredits),
  run.workspaceId,
  run.member,
  few(run.prompt, 48) + (run.failure ? ` (${run.failure.kind}: ${run.failure.detail})` : ''),
];
export const runFacts = (run: Run): string =>
  `${run.id} of ${run.workspaceId}: dispatched ${run.dispatch} times, ${run.failedAttempts} failed attempts in a row, ${
    run.dueAt === null ? 'nothing left to do' : `due ${at(run.dueAt)}`
  }.`;
export const stepLine = (step: Step): string =>
  `  ${step.kind}: ${step.state}, ${step.provider} ${step.model}, sent ${step.submits} times${
    step.failure ? `, ${step.failure.kind}: ${step.failure.detail}` : ''
  }${step.costMicroUsd === null ? '' : `, ${cost(step.costMicroUsd, step.isCostEstimate)}`}`;
const cost = (microUsd: number, isEstimate: boolean): string =>
  isEstimate ? `cost about ${usd(microUsd)} (an estimate: the published price)` : `cost ${usd(microUsd)}`;

export const notFailed = (id: string, state: string): string =>
  `Run ${short(id)} ${state === 'succeeded' ? 'succeeded' : 'is not over'}: only a failed or canceled one is retried.`;
export const wasDeleted = (id: string): string => `Run ${short(id)} was deleted: there is nothing to start anew.`;
export const confirmRetry = (id: string, price: number, workspace: string): string =>
  `Start run ${short(id)} anew, for about ${price} credits of ${workspace}?`;
export const retried = (old: string, id: string): string => `Run ${short(old)} was started anew as ${id}.`;
export const retriedBefore = (old: string, id: string): string =>
  `Run ${short(old)} was started anew before, as ${id}; nothing was charged again.`;
export const isOver = (id: string, state: string): string =>
  `Run ${short(id)} is over (${state}): what is settled stays settled.`;
export const confirmFail = (id: string, isAtWork: boolean): string =>
  `End run ${short(id)} and give back what was not delivered?${isAtWork ? ' A worker is at it right now: what it is paying a provider for will be lost.' : ''}`;
export const failed = (id: string): string => `Run ${short(id)} was ended; a worker will tell its member.`;

export const confirmAdjust = (credits: number, id: string): string => `Take ${credits} credits away from ${id}?`;
export const adjustNote = (name: string): string => `adjusted by ${name}`;
export const tooPoor = (id: string, balance: number, wanted: number): string =>
  `${id} has ${balance} credits, so ${wanted} cannot be taken away. What runs hold is not counted.`;
export const adjusted = (credits: number, id: string, balance: number): string =>
  `${id} was adjusted by ${credits} and has ${balance} now.`;

type Workspace = { id: string; name: string; balance: number; held: number; lastRunAt: Date | null; keys: number };
export const workspaceLine = ({ id, name, balance, held, lastRunAt, keys }: Workspace): string => {
  const lastRun = lastRunAt ? `last run ${lastRunAt.toISOString().slice(0, 10)}` : 'no run';
  return `${id}  ${name || '(purged)'}  ${balance} credits, ${held} held, ${lastRun}, ${keys} keys`;
};
export const unfinished = (id: string, runs: number): string =>
  `${id} has ${runs} ${runs === 1 ? 'run that is' : 'runs that are'} not over: cancel or fail ${runs === 1 ? 'it' : 'them'} first (vidgenie runs list --workspace ${id}).`;
export const confirmPurge = (id: string): string =>
  `Delete all media, keys, prompts and names of ${id}, with its API tokens, links and sessions? There is no way back.`;
export const purged = (id: string, runs: number, objects: number): string =>
  `${id} is purged: ${runs} runs say nothing any more, ${objects} files are deleted, its keys are gone, its API tokens, links and sessions open nothing. The ledger and the record of key use stay.`;

// Backups and moves.

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const backups = {
  describe: {
    backup: 'save the database, the media and the settings without secrets, as a file or below a prefix of a bucket',
    restore: 'put a backup into an empty installation, or rehearse that beside the one that is there',
    move: 'bring what an embedded installation has to the servers that the environment names',
    moveDatabase: 'copy the embedded database to DATABASE_URL, which has to be empty',
    moveMedia: 'copy the media of the home folder to S3_BUCKET',
  },
  options: {
    target: 'a new file, for example /backups/2026-11-29.tar, or s3://bucket/prefix',
    backup: 'a file that vidgenie backup has made, or s3://bucket/prefix',
    media: 'save the media too (without S3_BUCKET that is so by itself)',
    noMedia: 'save only the list of the media',
    keyringTo: 'also save the keyring, into this file; keep it elsewhere than the backup',
    keyringFrom: 'the keyring of that installation, if it is not here already',
    withoutKeyring: 'restore although the stored keys do not open',
    passphrase: 'encrypt with the passphrase in this file (or set BACKUP_PASSPHRASE)',
    passphraseOf: 'the file with the passphrase of an encrypted backup (or set BACKUP_PASSPHRASE)',
    rehearse: 'restore beside, look whether all is usable, and remove it again',
  },
  badTarget: (given: string) => `"${given}" is neither a file nor s3://bucket/prefix.`,
  ownBucket: (bucket: string) =>
    `The bucket ${bucket} has the media of this installation, and what happens to it would happen to the backup: name another bucket.`,
  noPassphrase: (path: string, why: string) => `The passphrase cannot be read from ${path}: ${why}.`,
  shortPassphrase: (least: number) => `The passphrase has fewer than ${least} characters.`,
  noDatabase: (home: string) =>
    `There is no database in ${home}, and DATABASE_URL is not set: there is nothing to save.`,
  progress: {
    database: (table: string, done: number, of: number, size: number) =>
      `database: ${table} (${Math.min(done + 1, of)} of ${of}), ${bytes(size)}`,
    media: (done: number, of: number, size: number) => `media: ${done} of ${of}, ${bytes(size)}`,
  },
  done: (name: string, rows: number, objects: number | null) =>
    `${name} is complete: ${plural(rows, 'row')}${objects === null ? ', without media' : ` and ${plural(objects, 'object')}`}.`,
  missing: (keys: readonly string[]) =>
    `The media store does not have ${plural(keys.length, 'object')} that the database names, for example ${keys[0]}.`,
  removed: (keys: readonly string[]) =>
    `${plural(keys.length, 'object')} ${keys.length === 1 ? 'was' : 'were'} removed by retention or by a member while the backup was taken, and ${keys.length === 1 ? 'is' : 'are'} not in it, for example ${keys[0]}.`,
  damaged: (keys: readonly string[]) =>
    `${plural(keys.length, 'object')} in the media store ${keys.length === 1 ? 'differs' : 'differ'} from what was stored once, for example ${keys[0]}. The copies are as they are.`,
  mediaElsewhere: (bucket: string | null) =>
    bucket === null
      ? 'The media are not in it.'
      : `The media stay in the bucket ${bucket}, and are not in it. Pass --media to copy them too.`,
  notEncrypted:
    'It is not encrypted: whoever has it can read prompts, names and media. Pass --passphrase-file to encrypt it.',
  keyringSaved: (path: string) =>
    `The keyring is in ${path}. Keep it apart from the backup: whoever has both has the keys that members gave you.`,
  keyringApart: (path: string | null) =>
    `The keyring is not in it, because whoever had both would have the keys that members gave you. Save ${path ?? 'VIDGENIE_KEYRING'} in another place, or pass --keyring <file>: without it nobody opens those keys again.`,
  keyringBeside:
    'That is the folder of the backup. Keep the keyring in another place: whoever has both has the keys that members gave you.',
  keyringExists: (path: string) => `${path} exists already and is not a keyring of this installation: name a new file.`,
  keyringSet: 'VIDGENIE_KEYRING is set, and --keyring names another one: keep one of them.',
  keyringDiffers: (path: string) =>
    `${path} is there already and is another keyring than the one of --keyring: move it away first.`,
  noKeyring: (path: string) => `There is no keyring in ${path}.`,
  nextRehearse: (name: string) => `Now see whether it can be restored: vidgenie restore ${name} --rehearse`,
  restored: (rows: number, objects: number, isWhole: boolean) =>
    `Restored: ${plural(rows, 'row')} and ${plural(objects, 'object')}. ${isWhole ? 'Everything is' : 'They are'} what was saved.`,
  leftOut: (keys: readonly string[]) => [
    `${plural(keys.length, 'object')} ${keys.length === 1 ? 'is' : 'are'} damaged or absent in the backup, and ${keys.length === 1 ? 'was' : 'were'} left out. Everything else is restored. The database still names:`,
    ...keys.map((key) => `  ${key}`),
  ],
  rehearsed: (rows: number) =>
    `The backup can be restored: ${plural(rows, 'row')} came back as they were saved. What was made for this is removed again.`,
  objectsRead: (objects: number) =>
    `${plural(objects, 'object')} of it ${objects === 1 ? 'is' : 'are'} what was saved.`,
  played: (key: string, seconds: number) => `The newest video plays: ${key}, ${seconds.toFixed(1)} s.`,
  nothingPlayed: 'No video was played: it has none, or all of the newest were removed since.',
  keysOpen: (versions: number) =>
    versions === 0 ? 'It has no stored keys.' : `The keyring opens the stored keys (${plural(versions, 'version')}).`,
  keysUnopened: 'Whether the stored keys open was not looked at.',
  ledgerHolds: 'All rules of the ledger hold.',
  ledgerBroken: (rule: string, subject: string) =>
    `The ledger breaks a rule, as it did when it was saved: ${rule} (${subject}).`,
  mediaAbsent: 'The media are not in this backup: they have to be where they were. vidgenie doctor looks for each.',
  settingsThen: (lines: readonly string[]) => [
    'That installation had settings that this one has not:',
    ...lines.map((line) => `  ${line}`),
  ],
  secretSetting: (name: string) => `${name}=… (a secret)`,
  nextDoctor: 'Now run vidgenie doctor, and then start VidGenie.',
  needsDatabase: 'Set DATABASE_URL to an empty database, and VIDGENIE_KEYRING_FILE to the file keyring in this home.',
  noEmbedded: (home: string) =>
    `There is no embedded database in ${home}, so there is nothing to move: set VIDGENIE_HOME to the home that has it.`,
  moveUnfinished:
    'The move is not complete, and the new database may have everything already. So the old one stays closed: give the command again.',
  moveUntidy:
    'The move is complete. Only its mark (a comment on the table workspaces of the new database) is still there, and does no harm. Give the command again to remove it.',
  movedBefore: (to: string) => `The database is in ${to} already: that move is complete.`,
  needsBucket: 'Set S3_BUCKET and what it needs.',
  nothingMoved: 'The database names no media: move the database first if that is still to come.',
  movedDatabase: (rows: number, to: string) =>
    `Moved: ${plural(rows, 'row')} are in ${to}, and are what was here. The old database does not start any more. Delete it when you are sure.`,
  movedMedia: (copied: number, present: number) =>
    `Moved: ${plural(copied, 'object')} copied and compared, ${present.toLocaleString('en')} there already. The files in the home stay. Delete them when you are sure.`,
  nextStart: 'Keep these settings for every process, run vidgenie doctor, and start VidGenie.',
} as const;
