import { expect, onTestFinished, test } from 'vitest';
import { openSoak } from './installation.ts';
import { slopePerHour } from './trend.ts';

const atOnce = 6;
const runsInARound = 30;

/** Objects of one type that may be kept for each run. What a run leaves by mistake is at least one. */
const maxKept = 0.9;
/** A leaked handle for every few runs would be more than these. */
const maxHandles = 8;

// The long form is `npm run soak -- --minutes 60`. This one finds what every run leaves behind.
test('after runs on every platform, no process keeps memory, files, handles or listeners of them', {
  timeout: 300_000,
}, async () => {
  const installation = await openSoak();
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
  await round();
  const before = await round();
  const after = await round();
  const grown = new Map<string, number>();
  for (const [name, held] of Object.entries(after.processes)) {
    const known = before.processes[name];
    if (!known) throw new Error(`there is no ${name}`);
    for (const [type, count] of Object.entries(held.kept)) {
      grown.set(type, (grown.get(type) ?? 0) + count - (known.kept[type] ?? 0));
    }
    expect(held.files - known.files, `files that the ${name} keeps open`).toBeLessThan(maxHandles);
    expect(held.handles - known.handles, `handles that the ${name} keeps`).toBeLessThan(maxHandles);
    expect(held.warnings, `warnings of the ${name}`).toEqual([]);
  }
  // The processes share the runs.
  for (const [type, count] of grown) {
    expect(count / runsInARound, `objects of the type ${type} that are kept of a run`).toBeLessThan(maxKept);
  }
  expect(after.connections - before.connections, 'connections to the database').toBeLessThan(maxHandles);
});

test('a trend is that of most points, whatever a few say', () => {
  const points = Array.from({ length: 20 }, (_, index) => ({ at: index * 60_000, value: 100 + index }));
  const burst = points.map((point, index) => (index % 9 === 4 ? { ...point, value: 500 } : point));
  expect(slopePerHour(burst)).toBeCloseTo(60, 0);
});
