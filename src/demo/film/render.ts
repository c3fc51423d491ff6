import { rename, rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { exists, files, readOrder, writeWhole } from './operation.ts';
import { UnreadableImageError } from './plates.ts';
import { startOf } from './processes.ts';
import { type Shot, shoot } from './shoot.ts';

// The renderer: a separate process, started with the directory of its attempt. It communicates through files alone, because the
// process that ordered the film may be gone before the film is ready.

async function render(attempt: string): Promise<void> {
  const operation = dirname(attempt);
  const started = await startOf(process.pid);
  await writeWhole(attempt, files.renderer, JSON.stringify({ pid: process.pid, started }));
  if (await exists(operation, files.canceled)) return;
  const order = await readOrder(operation);
  if (order === null) throw new Error(`no order in ${basename(operation)}`);
  const partial = join(attempt, `${files.film}.part`);
  const shot = {
    order,
    source: join(operation, files.source),
    last: order.hasEnding ? join(operation, files.last) : null,
    progress: join(attempt, files.progress),
  };
  if (order.earlier.length === 0) await shoot({ ...shot, target: partial, fromStart: true });
  else await extend(shot, join(operation, files.base), join(attempt, 'added.mp4'), partial);
  await rename(partial, join(operation, files.film));
  await rm(join(operation, files.base), { force: true });
}

/** Shoots only the new seconds and puts them after the film that there is. If that cannot be done, it shoots the whole film. */
async function extend(
  shot: Omit<Shot, 'target' | 'fromStart'>,
  base: string,
  added: string,
  target: string,
): Promise<void> {
  await shoot({ ...shot, target: added, fromStart: false });
  // Loaded late, because few films are made longer.
  const { joinFilms } = await import('./join.ts');
  if (!(await joinFilms(base, added, target))) await shoot({ ...shot, target, fromStart: true });
  await rm(added);
}

const attempt = process.argv[2];
if (attempt === undefined) throw new Error('usage: render.ts <directory of the attempt>');
// Answers of the bot have priority over films.
setPriority(5);
try {
  await render(attempt);
} catch (error) {
  const detail = `the film could not be rendered: ${error instanceof Error ? error.message : String(error)}`;
  // Neither failure is temporary: another attempt would fail too.
  const kind = error instanceof UnreadableImageError ? 'invalid_request' : 'no_output';
  await writeWhole(dirname(attempt), files.failed, JSON.stringify({ kind, detail: detail.slice(0, 300) }));
  process.exitCode = 1;
}
