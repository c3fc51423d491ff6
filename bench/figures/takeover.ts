import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Figure, quantile, repeated } from '../figure.ts';
import { openSubmitter, submissionIn, submitOne } from '../stage/people.ts';
import { startProcess } from '../stage/processes.ts';
import { until } from '../stage/stage.ts';

const visibilityMs = 5_000;
const runsAtOnce = 8;
const claims = z.array(z.object({ count: z.coerce.number() }));

/** We kill a worker in the middle of its turns, and measure how long another one takes to take over the last of them. */
export const takeover: Figure = {
  name: 'takeover',
  about: "a killed worker's runs taken over",
  measure: async (stage) => {
    const waits = await repeated(3, async (round) => {
      const installation = await stage.installation();
      const submitter = await openSubmitter(stage, installation);
      // Its calls last: whoever is killed is in the middle of them.
      const first = await startProcess(stage, 'worker', installation, { visibilityMs, pace: { kind: 'stuck' } });
      for (let index = 0; index < runsAtOnce; index += 1)
        await submitOne(submitter, submissionIn(`w${round}-${index}`));
      const claimedAtLeast = (dispatch: number) => async () => {
        const rows = await submitter.database.db.execute(sql`SELECT count(*) FROM runs WHERE claimed >= ${dispatch}`);
        return claims.parse(rows)[0]?.count === runsAtOnce;
      };
      await until(claimedAtLeast(1), 30_000, 'the first turns');
      await startProcess(stage, 'worker', installation, { visibilityMs, pace: { kind: 'stuck' } });
      await first.kill();
      const began = performance.now();
      await until(claimedAtLeast(2), 60_000, 'the takeover');
      return performance.now() - began;
    });
    return [
      {
        what: `the last of ${runsAtOnce} runs taken over after a kill`,
        value: quantile(waits, 1) / 1_000,
        unit: 's',
        goal: { atMost: visibilityMs / 1_000 + 1 },
        beside: [{ what: 'visibility time-out', value: visibilityMs / 1_000, unit: 's' }],
      },
    ];
  },
};
