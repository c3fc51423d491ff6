import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { checkWork } from '../../src/cli/doctor/services.ts';
import { readConfig } from '../../src/config.ts';
import type { Tx } from '../../src/db/client.ts';
import { passLedger } from '../../src/db/ledgerPass.ts';
import { verifyLedger } from '../../src/db/ledgerVerification.ts';
import { workspaceId } from '../../src/domain.ts';
import { createLog } from '../../src/observability/log.ts';
import { sweep } from '../../src/pipeline/sweep.ts';
import { openProgram } from '../../src/program.ts';
import { insertOne, large } from '../../tests/support/history.ts';
import { median, type Row, repeated } from '../figure.ts';
import type { Place } from '../stage/stage.ts';

/** In milliseconds. For how long a ledger that was never verified is verified. The rest then counts as verified. */
const firstLooksMs = 30_000;
const quick = { forMs: 600_000, patienceMs: 600_000 };
const signal = new AbortController().signal;

/** What VidGenie does by itself and what an operator asks for, in a database that has grown for a year. */
export async function measureUpkeep({ environment }: Place): Promise<Row[]> {
  const log = createLog('silent', false);
  const program = await openProgram(readConfig(environment), log, { worker: false });
  const { db } = program.database;
  const { store } = program.services;
  try {
    const looks: number[] = [];
    let isDone = false;
    const first = await timed(async () => {
      while (!isDone && looks.reduce((sum, ms) => sum + ms, 0) < firstLooksMs) {
        const began = performance.now();
        isDone = await verifyLedger(db, { forMs: 500, patienceMs: 30_000 });
        looks.push(performance.now() - began);
      }
    });
    const verified = await numberOf(
      db,
      sql`SELECT (position->>'verified')::bigint AS number FROM checks WHERE name = 'ledger'`,
    );
    await db.execute(sql`UPDATE checks SET position = position
      || jsonb_build_object('verified', (SELECT max(id) FROM credit_transactions)) WHERE name = 'ledger'`);
    const idle = await repeated(5, () => timed(() => verifyLedger(db, quick)));
    for (let n = 0; n < 200; n += 1) await insertOne(db, workspaceId.parse(large), `new ${n}`, 1);
    const fresh = await timed(() => verifyLedger(db, quick));
    const memory = process.memoryUsage().rss;
    let most = 0;
    const whole = await timed(async () => {
      for await (const _ of passLedger(db)) most = Math.max(most, process.memoryUsage().rss - memory);
    });
    const retention = { mediaDays: 730, inputHours: 24 };
    const sweeps = await repeated(5, () =>
      timed(() => sweep({ db, store, retention, log, random: Math.random }, signal)),
    );
    const doctor = await timed(() => checkWork(program, { hasStore: true }));
    return [
      row('ledger, nothing new', median(idle), 'ms', 1_000),
      row('ledger, 200 new transactions', fresh, 'ms', 1_000),
      row('ledger, longest look while it is verified for the first time', Math.max(...looks), 'ms', 2_000),
      row('ledger, transactions verified a second, the first time', (verified / first) * 1_000, '', null),
      row('ledger, whole pass', whole / 1_000, 's', null),
      row('memory that the pass adds', most / 1_000_000, 'MB', 100),
      row('sweep with nothing due', median(sweeps), 'ms', 10),
      row('doctor: queue, results, models, ledger, runs, size', doctor / 1_000, 's', 10),
    ];
  } finally {
    await program.stop();
  }
}

const row = (what: string, value: number, unit: string, atMost: number | null): Row => ({
  what,
  value,
  unit,
  goal: atMost === null ? null : { atMost },
  beside: [],
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const numbers = z.tuple([z.object({ number: z.coerce.number() })]);

const numberOf = async (tx: Tx, query: SQL): Promise<number> => numbers.parse([...(await tx.execute(query))])[0].number;
