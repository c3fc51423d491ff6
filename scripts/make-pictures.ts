import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { perform, workflowCommands } from '../src/bots/commands/all.ts';
import { writeLine } from '../src/bots/commands/parse.ts';
import type { CommandRequest } from '../src/bots/commands/request.ts';
import { createLiveReporter } from '../src/bots/terminal/liveReporter.ts';
import { createRequest, text } from '../src/bots/terminal/person.ts';
import type { Screen } from '../src/bots/terminal/screen.ts';
import { openThread } from '../src/bots/terminal/thread.ts';
import { readConfig } from '../src/config.ts';
import { listRuns } from '../src/db/runs.ts';
import { createLog } from '../src/observability/log.ts';
import { openProgram } from '../src/program.ts';
import { drawTerminal } from './terminal-picture.ts';

/**
 * Makes the README's pictures from a real run, with the painter that the terminal uses: `node scripts/make-pictures.ts`.
 * `docs/images/thread.svg` is the thread as it ends, `docs/images/result.jpg` the image that it made.
 */
const columns = 96;
const here = fileURLToPath(new URL('../docs/images/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'vidgenie-pictures-'));
// The terminal shows paths relative to the working directory.
process.chdir(folder);

const lines: string[] = [];
const paper: Screen = {
  print: (printed) => lines.push(...printed),
  draw: () => {},
  refresh: () => {},
  lend: (borrow) => borrow(),
  close: async () => {},
};

const program = await openProgram(readConfig({ VIDGENIE_HOME: '.vidgenie' }), createLog('warn', true), {
  worker: true,
});
try {
  const { services } = program;
  const request = createRequest(services, new AbortController().signal);
  const surface = { columns, hasColour: true, isLive: true };
  const { complete } = workflowCommands;
  const given = { prompt: text.terminal.demoPrompt };
  const asked = {
    perform: (from: CommandRequest) => perform(from, complete, given),
    typed: writeLine(complete, given),
  };
  await openThread(request, asked, createLiveReporter(services, text, surface, paper));
  await writeFile(join(here, 'thread.svg'), drawTerminal(lines, columns));

  const [run] = await listRuns(services.db, request.workspace.id, { limit: 1 });
  const image = run?.assets.find((asset) => asset.kind === 'image');
  const link = image && (await services.store.link(image.objectKey));
  if (link?.kind !== 'file') throw new Error('the run made no image');
  await sharp(link.path).resize({ width: 960 }).jpeg({ quality: 85, mozjpeg: true }).toFile(join(here, 'result.jpg'));
} finally {
  await program.stop();
  process.chdir(here);
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
