import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openSoak } from './installation.ts';
import { type SoakReport, soak } from './soak.ts';

/** `npm run soak -- --minutes 60`. Ends with 0 if nothing grew in the second half and every command was carried out. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2' },
    write: { type: 'string' },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());

say(`soak: ${values.minutes} minutes, ${values.rate} runs a second; RSS/heap, open files, event-loop lag p99`);
const installation = await openSoak(2);
const report = await soak(installation, {
  ms: Number(values.minutes) * 60_000,
  runsPerSecond: Number(values.rate),
  tell: say,
  signal: interruption.signal,
}).finally(installation.close);
if (values.write !== undefined) await writeFile(values.write, `${JSON.stringify(report, null, 1)}\n`);
print(report);
const isGood = report.faults.length === 0 && report.trends.every(({ isFlat }) => isFlat);
process.exit(interruption.signal.aborted ? 130 : isGood ? 0 : 1);

function print({ runs, faults, trends }: SoakReport): void {
  say('in the second half         first     last   an hour    limit');
  for (const { process: name, what, unit, first, last, perHour, limit, isFlat } of trends) {
    const numbers = [first, last, perHour, limit].map((value) => value.toFixed(1).padStart(9)).join('');
    say(`${isFlat ? ' ' : '✗'} ${name.padEnd(9)} ${what.padEnd(9)} ${numbers} ${unit}`);
  }
  for (const fault of [...new Set(faults)].slice(0, 20)) say(`FAULT ${fault}`);
  say(`${runs} runs; ${faults.length === 0 && trends.every(({ isFlat }) => isFlat) ? 'flat' : 'NOT FLAT'}`);
}
