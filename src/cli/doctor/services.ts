import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { shortId } from '../../bots/runCard.ts';
import { text } from '../../bots/terminal/person.ts';
import { openQueue, queueOf } from '../../pipeline/queue.ts';
import type { Program } from '../../program.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, wrong } from './finding.ts';
import { checkGrowth } from './growth.ts';
import { checkLedger, passWholeLedger } from './ledger.ts';
import { checkObjects, passObjects } from './objects.ts';

const { doctor: words } = text.operator;

export type WorkOptions = {
  hasStore: boolean;
  /** Also checks the whole ledger and every result. `onProgress` is told about how much of a part is done, between 0 and 1. */
  full?: { onProgress: (part: 'ledger' | 'objects', fraction: number) => void } | null;
};

/** Checks everything that depends on the database. It looks for results only if their store can be reached. */
export async function checkWork(program: Program, { hasStore, full = null }: WorkOptions): Promise<Finding[]> {
  const { db } = program.database;
  const unfinished = await countUnfinished(program);
  const isAtRest = unfinished === 0;
  const lookForObjects = async () =>
    full ? await passObjects(program, (done) => full.onProgress('objects', done)) : await checkObjects(program);
  return [
    await checkQueue(program),
    hasStore ? await lookForObjects() : wrong('objects', words.objectsUnseen),
    ...(await checkRetirements(program)),
    ...(full
      ? await passWholeLedger(db, { isAtRest }, (done) => full.onProgress('ledger', done))
      : await checkLedger(db, { isAtRest })),
    await checkRuns(program, unfinished),
    await checkGrowth(db),
  ];
}

/** The runs in progress: those that wait, and the others that are due some day. Each half has an index. */
const waiting = sql`state = 'queued' AND cancel_requested_at IS NULL`;
const going = sql`(state <> 'queued' OR cancel_requested_at IS NOT NULL) AND due_at IS NOT NULL`;

const counted = z.array(z.object({ count: z.coerce.number() }));

async function countUnfinished({ database: { db } }: Program): Promise<number> {
  const [row] = counted.parse(
    await db.execute(sql`
      SELECT (SELECT count(*) FROM runs WHERE ${waiting}) + (SELECT count(*) FROM runs WHERE ${going}) AS count`),
  );
  return row?.count ?? 0;
}

async function checkQueue({ config, database: { directUrl } }: Program): Promise<Finding> {
  try {
    const queue = await openQueue(queueOf(config, directUrl), () => {});
    try {
      return fine('queue', words.queueFine(await queue.waiting()));
    } finally {
      await queue.close();
    }
  } catch (error) {
    return wrong('queue', words.unreachable(reasonOf(error)));
  }
}

const retiring = z.array(z.object({ model: z.string(), at: z.string() }));

/**
 * Google gives the date on which a model retires only together with a result of that model. The last results of each model and size
 * are read, through the index that has them in this order.
 */
async function checkRetirements({ database: { db } }: Program): Promise<Finding[]> {
  const isFinished = sql`state = 'done' AND started_at IS NOT NULL`;
  const order = sql`ORDER BY provider, model, size LIMIT 1`;
  const rows = retiring.parse(
    await db.execute(sql`
      WITH RECURSIVE kinds AS (
        (SELECT provider, model, size FROM steps WHERE ${isFinished} ${order})
        UNION ALL
        SELECT next.* FROM kinds CROSS JOIN LATERAL (
          SELECT provider, model, size FROM steps
          WHERE ${isFinished} AND (provider, model, size) > (kinds.provider, kinds.model, kinds.size) ${order}) next
      )
      SELECT kinds.model, max(last.at) AS at FROM kinds CROSS JOIN LATERAL (
        SELECT usage->>'modelRetiresAt' AS at, finished_at FROM steps s
        WHERE s.provider = kinds.provider AND s.model = kinds.model AND s.size = kinds.size AND ${isFinished}
        ORDER BY finished_at DESC NULLS LAST LIMIT 20) last
      WHERE last.finished_at > now() - interval '30 days' AND last.at IS NOT NULL GROUP BY kinds.model ORDER BY kinds.model`),
  );
  return rows.map(({ model, at }) => wrong('models', words.modelRetiring(model, at.slice(0, 10))));
}

const overdueRows = z.array(z.object({ id: z.string() }));

async function checkRuns({ database: { db } }: Program, unfinished: number): Promise<Finding> {
  const overdue = overdueRows.parse(
    await db.execute(sql`
      SELECT id FROM (
        (SELECT id, due_at FROM runs WHERE ${going} AND due_at < now() - interval '1 minute' ORDER BY due_at LIMIT 1000)
        UNION ALL
        (SELECT id, due_at FROM runs WHERE ${waiting} AND due_at < now() - interval '1 minute' LIMIT 1000)
      ) overdue ORDER BY due_at LIMIT 1000`),
  );
  if (overdue.length === 0) return fine('runs', words.runsFine(unfinished));
  const ids = overdue.slice(0, 3).map(({ id }) => shortId(id));
  return wrong('runs', words.runsOverdue(ids, overdue.length));
}
