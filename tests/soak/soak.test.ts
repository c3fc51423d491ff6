import { expect, onTestFinished, test } from 'vitest';
import { openSoak } from './installation.ts';
import { slopePerHour } from './trend.ts';
import type { Sample } from './words.ts';

const atOnce = 6;
const runsInARound = 30;

/** One object for each run of one platform would be more. A few runs may leave it with the next round. */
const minLeak = 8;
/** What is in use varies by more than that from round to round. A leak grows in each of them. */
const maxRounds = 4;

/** Kept for each run, and still bounded. */
const bounded = new Set([
  // Discord's library keeps what it knows of a channel's rate limit for up to an hour.
  'SequentialHandler',
  'AsyncQueue',
  'Collection of SequentialHandler',
  // A client of undici keeps the places of up to 256 requests that were answered.
  'Array of null',
  // The throttle of edits keeps a channel for five minutes.
  '{sentAt, waiting, cancelTimer}',
  'Map of {sentAt, waiting, cancelTimer}',
  'function  () => clearTimeout(timer)',
  'Timeout',
  // Each connection keeps the statements that it has prepared, or its last answer.
  '{string, types, name, columns}',
  '{name, parser, table, number, type}',
  'Field',
  // All of these have some. What collects runs is found by what its collections gain.
  'Array',
  'Map',
]);

function gains(before: Sample, after: Sample): Map<string, number> {
  const kept = Object.entries(after.kept).map(([kind, count]) => [kind, count - (before.kept[kind] ?? 0)] as const);
  return new Map([
    ...kept,
    ...Object.entries(after.gained),
    ['open files', after.files - before.files],
    ['handles', after.handles - before.handles],
  ]);
}

// The long form is `npm run soak -- --minutes 60`. This one finds what every run leaves behind.
test('after runs on every platform, no process keeps memory, files, handles or listeners of them', {
  timeout: 600_000,
}, async () => {
  const installation = await openSoak(1);
  onTestFinished(installation.close);
  let given = 0;
  const round = async () => {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let index = 0; index < runsInARound / atOnce; index += 1) {
          given += 1;
          await installation.give(given);
        }
      }),
    );
    await installation.atRest();
    return await installation.look('count');
  };
  // Caches fill, code is compiled, and pools open their connections.
  let before = await round();
  let leaks: Map<string, number[]> | null = null;
  for (let rounds = 0; rounds < maxRounds && leaks?.size !== 0; rounds += 1) {
    const after = await round();
    const grown = new Map<string, number[]>();
    const add = (what: string, count: number) => {
      const known = leaks ? leaks.get(what) : [];
      if (known && count >= minLeak) grown.set(what, [...known, count]);
    };
    add('connections to the database', after.connections - before.connections);
    for (const [name, held] of Object.entries(after.processes)) {
      const known = before.processes[name];
      if (!known) throw new Error(`there is no ${name}`);
      expect(held.kept.Socket, `sockets that were counted in the ${name}`).toBeGreaterThan(0);
      for (const [what, count] of gains(known, held)) if (!bounded.has(what)) add(`${name}: ${what}`, count);
      expect(held.warnings, `warnings of the ${name}`).toEqual([]);
    }
    leaks = grown;
    before = after;
  }
  expect(leaks, `what grew in each of ${maxRounds} rounds of ${runsInARound} runs`).toEqual(new Map());
});

test('a trend is that of most points, whatever a few say', () => {
  const points = Array.from({ length: 20 }, (_, index) => ({ at: index * 60_000, value: 100 + index }));
  const burst = points.map((point, index) => (index % 9 === 4 ? { ...point, value: 500 } : point));
  expect(slopePerHour(burst)).toBeCloseTo(60, 0);
});
