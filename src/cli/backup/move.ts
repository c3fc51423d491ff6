import { join } from 'node:path';
import { moveMedia as copyMedia, finishMove, moveDatabase as move } from '../../backup/move.ts';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { hasMoved } from '../../db/embedded/moveNote.ts';
import { createFileStore } from '../../pipeline/media/files.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { databaseName } from '../explain.ts';
import { configure, openingError, withSignals } from '../open.ts';
import { print, printError, printJson } from '../output.ts';
import { hasEmbedded, withDatabase, withMovingDatabase } from './places.ts';
import { createProgress } from './progress.ts';

const words = text.operations.backups;

/** `vidgenie move database`: from the home into DATABASE_URL. Nothing else runs meanwhile, and nothing else starts. */
export async function moveDatabase({ json }: { json?: true }): Promise<number> {
  const config = configure();
  const { home, keyring } = config;
  const to = config.databaseDirectUrl ?? config.databaseUrl;
  if (to === null || keyring === null) throw new OperatorError(words.needsDatabase, exitStatus.misused);
  if (!(await hasEmbedded(home))) throw new OperatorError(words.noEmbedded(home), exitStatus.failed);
  if ((await hasMoved(home, databaseName(to))) && (await isFinished(to, config))) {
    if (json) printJson({ isMoved: true });
    else print(words.movedBefore(databaseName(to)), words.nextStart);
    return exitStatus.done;
  }
  return await withSignals((signal) =>
    withMovingDatabase(home, databaseName(to), async ({ url: from, note }) => {
      const progress = createProgress(process.stderr);
      try {
        const moved = await move({ from, to, keyring, note }, { signal, onStep: progress.onStep });
        progress.end();
        if (json) printJson(moved);
        else print(words.movedDatabase(moved.rows, databaseName(to)), words.keysOpen(moved.openedKeys));
        for (const { invariant, subject } of moved.violations) printError(words.ledgerBroken(invariant, subject));
        if (!moved.isFinished) printError(words.moveUntidy);
        if (!json) print(words.nextStart);
        return moved.violations.length === 0 ? exitStatus.done : exitStatus.failed;
      } catch (error) {
        progress.end();
        if (await note.isThere()) printError(words.moveUnfinished);
        throw openingError(error, config);
      }
    }),
  );
}

/** Finishes a move that is complete. False if the new database was emptied since. */
async function isFinished(to: string, config: Config): Promise<boolean> {
  try {
    return await finishMove(to);
  } catch (error) {
    throw openingError(error, config);
  }
}

/** `vidgenie move media`: from the home into S3_BUCKET. It may run while VidGenie works, and again after a stop for the rest. */
export async function moveMedia({ json }: { json?: true }): Promise<number> {
  const config = configure();
  const { home, s3 } = config;
  if (s3 === null) throw new OperatorError(words.needsBucket, exitStatus.misused);
  if (config.databaseUrl === null && !(await hasEmbedded(home)))
    throw new OperatorError(words.noEmbedded(home), exitStatus.failed);
  const { openStore } = await import('../../program.ts');
  return await withSignals((signal) =>
    withDatabase(config, { isRunningRefused: false }, async (url) => {
      const progress = createProgress(process.stderr);
      try {
        const from = createFileStore(join(home, 'media'));
        const moved = await copyMedia({ url, from, to: openStore(config), home }, { signal, onStep: progress.onStep });
        progress.end();
        const { copied, present, missing, damaged } = moved;
        if (json) printJson(moved);
        else {
          print(words.movedMedia(copied, present));
          if (copied + present + missing.length + damaged.length === 0) print(words.nothingMoved);
          if (missing.length > 0) print(words.missing(missing));
          if (damaged.length > 0) print(words.damaged(damaged));
          print(words.nextStart);
        }
        return missing.length + damaged.length === 0 ? exitStatus.done : exitStatus.failed;
      } finally {
        progress.end();
      }
    }),
  );
}
