import { once } from 'node:events';
import { createLog } from '../../src/observability/log.ts';

/** Logs more than waits in memory, says so on stdout, and logs once more after the end of stdin. */
const log = createLog('info', false);
for (let line = 0; line < 20_000; line += 1) log.info({ line }, 'a line for which there may be no room on the disk');
process.stdout.write('logged\n');
await once(process.stdin.resume(), 'end');
log.info({}, 'the last line');
