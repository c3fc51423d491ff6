import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Figure, median, quantile } from '../figure.ts';
import { inSlack, openSubmitter, submissionIn, submitOne } from '../stage/people.ts';
import { startProcess } from '../stage/processes.ts';
import { openSlack } from '../stage/slack.ts';

const runsAtWork = 200;
/** Each poll gives a run new progress to show. */
const pollAfterMs = 5_000;
/** By then the budget for immediate edits is used up. */
const warmUpMs = 15_000;
const measuredMs = 60_000;
const finished = 12;

/**
 * Every run of a busy Slack workspace wants to show its progress. We measure how often the app edits, and how soon it reports
 * that a run is over.
 */
export const edits: Figure = {
  name: 'edits',
  about: `edits for ${runsAtWork} runs in one Slack workspace`,
  measure: async (stage) => {
    const heard: { at: number; ts: string }[] = [];
    const slack = await openSlack(stage, (path, body) => {
      if (path === 'api/chat.update') heard.push({ at: Date.now(), ts: new URLSearchParams(body).get('ts') ?? '' });
    });
    const installation = await stage.installation();
    const settings = { ...installation, environment: { ...installation.environment, ...slack.environment } };
    const submitter = await openSubmitter(stage, settings);
    const { db } = submitter.database;
    for (let index = 0; index < runsAtWork; index += 1) {
      await submitOne(submitter, submissionIn('first', inSlack));
    }
    const began = Date.now();
    // All runs have shown their state and wait for their video. Some of them finish during the measurement, one after another.
    await db.execute(
      sql`UPDATE steps SET state = 'done', started_at = now(), finished_at = now() WHERE kind <> 'video'`,
    );
    await db.execute(sql`
      UPDATE runs SET state = 'running', started_at = now(),
        posted_messages = jsonb_build_object('rootTs', 'root-' || id, 'progressTs', 'progress-' || id),
        due_at = now() + random() * make_interval(secs => ${pollAfterMs / 1_000}::float8)`);
    await db.execute(sql`
      UPDATE steps SET state = 'submitted', submits = 1, started_at = now(),
        handle = CASE WHEN n.place <= ${finished} THEN jsonb_build_object('doneAt',
          ${began + warmUpMs}::float8 + (n.place - 1) * ${measuredMs / (finished + 1)}::float8) ELSE '{}' END
      FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM runs) AS n
      WHERE steps.run_id = n.id AND kind = 'video'`);
    await startProcess(stage, 'worker', settings, { pace: { kind: 'waiting', pollAfterMs } });
    await delay(began + warmUpMs - Date.now());
    await delay(measuredMs);
    const counted = heard.filter(({ at }) => at >= began + warmUpMs && at < began + warmUpMs + measuredMs);
    const delivered = ends.parse(
      await db.execute(sql`
        SELECT posted_messages->>'progressTs' AS ts, extract(epoch FROM settled_at)::float8 * 1000 AS "settledMs" FROM runs
        WHERE delivered_at IS NOT NULL AND state = 'succeeded'`),
    );
    if (delivered.length < finished) throw new Error(`${delivered.length} of ${finished} runs were told`);
    const delays = delivered.map(({ ts, settledMs }) => {
      const last = heard.findLast((one) => one.ts === ts);
      return last ? last.at - settledMs : Number.NaN;
    });
    const told = new Set(delivered.flatMap(({ ts }) => [ts, ts.replace('progress', 'root')]));
    return [
      {
        what: `edits of ${runsAtWork} runs in one Slack workspace`,
        value: (counted.length / measuredMs) * 60_000,
        unit: '/min',
        goal: { atMost: 50 },
        beside: [
          { what: 'the budget', value: 45, unit: '/min' },
          { what: 'of runs that ended', value: counted.filter(({ ts }) => told.has(ts)).length, unit: '' },
          { what: 'polls that had something to tell', value: (runsAtWork / pollAfterMs) * 60_000, unit: '/min' },
        ],
      },
      {
        what: 'the final message after the end of its run, the latest',
        value: quantile(delays, 1) / 1_000,
        unit: 's',
        goal: { atMost: 5 },
        beside: [{ what: 'median', value: median(delays) / 1_000, unit: 's' }],
      },
    ];
  },
};

const ends = z.array(z.object({ ts: z.string(), settledMs: z.number() }));
