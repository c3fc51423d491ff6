import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { shortId } from '../../bots/runCard.ts';
import { text } from '../../bots/terminal/person.ts';
import { checkInvariants } from '../../db/invariants.ts';
import { stepKinds } from '../../db/vocabulary.ts';
import type { Program } from '../../main.ts';
import { findFfmpeg, noFfmpegAdvice } from '../../pipeline/providers/demo/ffmpeg.ts';
import { vendorNames, vendors } from '../../pipeline/providers/vendors.ts';
import { openQueue, queueOf } from '../../pipeline/queue.ts';
import { reasonOf } from '../explain.ts';
import type { Finding } from './ground.ts';
import { checkRedis } from './redis.ts';

const { doctor: words } = text.operator;

/** Everything that stands on the database. */
export async function checkWork(program: Program): Promise<Finding[]> {
  const unfinished = await countUnfinished(program);
  const media = await checkMedia(program);
  return [
    ...(await checkQueue(program)),
    media,
    checkProviders(program),
    ...(await checkModels(program)),
    await checkFfmpeg(),
    media.isFine ? await checkObjects(program) : { part: 'objects', isFine: false, says: words.objectsUnseen },
    ...(await checkLedger(program, unfinished === 0)),
    await checkRuns(program, unfinished),
  ];
}

const counted = z.array(z.object({ count: z.coerce.number() }));

async function countUnfinished({ database: { db } }: Program): Promise<number> {
  const [row] = counted.parse(await db.execute(sql`SELECT count(*) AS count FROM runs WHERE delivered_at IS NULL`));
  return row?.count ?? 0;
}

async function checkQueue({ config, database: { url } }: Program): Promise<Finding[]> {
  let findings: Finding[] = [];
  try {
    if (config.redis) findings = await checkRedis(config.redis);
    const queue = await openQueue(queueOf(config, url), () => {});
    try {
      return [{ part: 'queue', isFine: true, says: words.queueFine(await queue.waiting()) }, ...findings];
    } finally {
      await queue.close();
    }
  } catch (error) {
    return [{ part: 'queue', isFine: false, says: words.unreachable(reasonOf(error)) }, ...findings];
  }
}

async function checkMedia({ services: { store } }: Program): Promise<Finding> {
  try {
    await store.check();
    return { part: 'media', isFine: true, says: words.mediaFine };
  } catch (error) {
    return { part: 'media', isFine: false, says: reasonOf(error) };
  }
}

function checkProviders({ services: { providers } }: Program): Finding {
  try {
    const models = stepKinds.flatMap((step) => providers.choose(step, new Set())?.provider.model ?? []);
    return { part: 'providers', isFine: true, says: words.providersFine(models) };
  } catch (error) {
    return { part: 'providers', isFine: false, says: reasonOf(error) };
  }
}

/** Lists the models behind the operator's keys, and warns of those in use that are missing or will be shut down. */
async function checkModels({ config, services: { providers } }: Program): Promise<Finding[]> {
  const { listModels } = await import('../../providers.ts');
  const used = stepKinds.flatMap((step) => providers.choose(step, new Set()) ?? []);
  const findings: Finding[] = [];
  for (const vendor of vendors) {
    const key = config.providers.keys[vendor];
    if (!key) continue;
    const name = vendorNames[vendor];
    const listed = await listModels(config.providers, vendor, key, AbortSignal.timeout(15_000));
    if (!listed.ok) {
      findings.push({ part: 'models', isFine: false, says: words.keyFault(name, listed.fault.detail) });
      continue;
    }
    findings.push({ part: 'models', isFine: true, says: words.modelsFine(name, listed.value.length) });
    for (const { provider } of used.filter((service) => service.provider.vendor === vendor)) {
      const model = listed.value.find(({ id }) => id === provider.model || id === `models/${provider.model}`);
      if (!model) findings.push({ part: 'models', isFine: false, says: words.modelMissing(provider.model, name) });
      else if (model.shutdownAt) {
        const says = words.modelRetiring(provider.model, model.shutdownAt.slice(0, 10));
        findings.push({ part: 'models', isFine: false, says });
      }
    }
  }
  return findings;
}

async function checkFfmpeg(): Promise<Finding> {
  const found = await findFfmpeg();
  const says = found ? words.ffmpegFine(found.version, found.path) : noFfmpegAdvice;
  return { part: 'ffmpeg', isFine: found !== null, says };
}

const page = z.array(z.object({ id: z.string(), key: z.string(), bytes: z.coerce.number() }));
const pageRows = 200;

async function checkObjects(program: Program): Promise<Finding> {
  try {
    const { missing, seen } = await findObjects(program);
    const isFine = missing.length === 0;
    const says = isFine ? words.objectsFine(seen) : words.objectsMissing(missing, missing.length);
    return { part: 'objects', isFine, says };
  } catch (error) {
    return { part: 'objects', isFine: false, says: reasonOf(error) };
  }
}

/** Every done step's object, as long as it was written down, page by page: there may be many. */
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
        SELECT a.id, a.object_key AS key, a.bytes FROM assets a JOIN steps s ON s.run_id = a.run_id AND s.kind = a.step
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
  return { missing, seen };
}

async function checkLedger({ database: { db } }: Program, isAtRest: boolean): Promise<Finding[]> {
  const violations = await checkInvariants(db, { atRest: isAtRest });
  if (violations.length === 0) return [{ part: 'ledger', isFine: true, says: words.ledgerFine(isAtRest) }];
  return violations.map(({ invariant, subject, found, expected }) => ({
    part: 'ledger',
    isFine: false,
    says: words.ledgerBroken(invariant, subject, found, expected),
  }));
}

const overdueRows = z.array(z.object({ id: z.string() }));

async function checkRuns({ database: { db } }: Program, unfinished: number): Promise<Finding> {
  const overdue = overdueRows.parse(
    await db.execute(sql`SELECT id FROM runs WHERE due_at < now() - interval '1 minute' ORDER BY due_at LIMIT 1000`),
  );
  const isFine = overdue.length === 0;
  const ids = overdue.slice(0, 3).map(({ id }) => shortId(id));
  return { part: 'runs', isFine, says: isFine ? words.runsFine(unfinished) : words.runsOverdue(ids, overdue.length) };
}
