import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { shortId } from '../../bots/runCard.ts';
import { text } from '../../bots/terminal/person.ts';
import { checkInvariants } from '../../db/invariants.ts';
import { openQueue, queueOf } from '../../pipeline/queue.ts';
import type { Program } from '../../program.ts';
import { reasonOf } from '../explain.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** Checks everything that depends on the database. It looks for results only if their store can be reached. */
export async function checkWork(program: Program, { hasStore }: { hasStore: boolean }): Promise<Finding[]> {
  const unfinished = await countUnfinished(program);
  return [
    await checkQueue(program),
    hasStore ? await checkObjects(program) : wrong('objects', words.objectsUnseen),
    ...(await checkRetirements(program)),
    ...(await checkLedger(program, unfinished === 0)),
    await checkRuns(program, unfinished),
  ];
}

const counted = z.array(z.object({ count: z.coerce.number() }));

async function countUnfinished({ database: { db } }: Program): Promise<number> {
  const [row] = counted.parse(await db.execute(sql`SELECT count(*) AS count FROM runs WHERE delivered_at IS NULL`));
  return row?.count ?? 0;
}

async function checkQueue({ config, database: { url } }: Program): Promise<Finding> {
  try {
    const queue = await openQueue(queueOf(config, url), () => {});
    try {
      return fine('queue', words.queueFine(await queue.waiting()));
    } finally {
      await queue.close();
    }
  } catch (error) {
    return wrong('queue', words.unreachable(reasonOf(error)));
  }
}

const page = z.array(z.object({ id: z.string(), key: z.string(), bytes: z.coerce.number() }));
const pageRows = 200;

async function checkObjects(program: Program): Promise<Finding> {
  try {
    const { missing, seen } = await findObjects(program);
    if (missing.length > 0) return wrong('objects', words.objectsMissing(missing, missing.length));
    return fine('objects', words.objectsFine(seen));
  } catch (error) {
    return wrong('objects', reasonOf(error));
  }
}

const castImages = z.array(page.element.pick({ key: true, bytes: true }));
const presentCast = sql`
  SELECT image->>'objectKey' AS key, image->>'bytes' AS bytes FROM cast_entries, jsonb_array_elements(images) image
  WHERE removed_at IS NULL ORDER BY 1`;

/** Checks the object of every done step and every image of the cast, as long as the database names it. It reads page by page, because there may be many. */
async function findObjects({
  database: { db },
  services: { store },
}: Program): Promise<{ missing: string[]; seen: number }> {
  const missing: string[] = [];
  let seen = 0;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = page.parse(
      await db.execute(sql`
        SELECT a.id, a.object_key AS key, a.bytes FROM assets a JOIN steps s ON s.run_id = a.run_id AND s.number = a.step_number
        JOIN runs r ON r.id = a.run_id
        WHERE s.state = 'done' AND r.deleted_at IS NULL AND a.removed_at IS NULL AND a.id > ${after}::uuid ORDER BY a.id LIMIT ${pageRows}`),
    );
    const sizes = await Promise.all(rows.map(async ({ key }) => await store.size(key)));
    missing.push(...rows.filter((row, at) => sizes[at] !== row.bytes).map(({ key }) => key));
    seen += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < pageRows) break;
    after = last.id;
  }
  for (const { key, bytes } of castImages.parse(await db.execute(presentCast))) {
    if ((await store.size(key)) !== bytes) missing.push(key);
    seen += 1;
  }
  return { missing, seen };
}

const retiring = z.array(z.object({ model: z.string(), at: z.string() }));

/** Google gives the date on which a model retires only together with a result of that model. */
async function checkRetirements({ database: { db } }: Program): Promise<Finding[]> {
  const rows = retiring.parse(
    await db.execute(sql`
      SELECT model, max(usage->>'modelRetiresAt') AS at FROM steps
      WHERE finished_at > now() - interval '30 days' AND usage ? 'modelRetiresAt' GROUP BY model ORDER BY model`),
  );
  return rows.map(({ model, at }) => wrong('models', words.modelRetiring(model, at.slice(0, 10))));
}

async function checkLedger({ database: { db } }: Program, isAtRest: boolean): Promise<Finding[]> {
  const violations = await checkInvariants(db, { atRest: isAtRest });
  if (violations.length === 0) return [fine('ledger', words.ledgerFine(isAtRest))];
  return violations.map(({ invariant, subject, found, expected }) =>
    wrong('ledger', words.ledgerBroken(invariant, subject, found, expected)),
  );
}

const overdueRows = z.array(z.object({ id: z.string() }));

async function checkRuns({ database: { db } }: Program, unfinished: number): Promise<Finding> {
  const overdue = overdueRows.parse(
    await db.execute(sql`SELECT id FROM runs WHERE due_at < now() - interval '1 minute' ORDER BY due_at LIMIT 1000`),
  );
  if (overdue.length === 0) return fine('runs', words.runsFine(unfinished));
  const ids = overdue.slice(0, 3).map(({ id }) => shortId(id));
  return wrong('runs', words.runsOverdue(ids, overdue.length));
}
