import { text } from '../../bots/terminal/person.ts';
import type { Db } from '../../db/client.ts';
import { ledgerState, listDiscrepancies } from '../../db/ledgerDiscrepancies.ts';
import { passLedger } from '../../db/ledgerPass.ts';
import { checkRest, type Violation } from '../../db/ledgerRules.ts';
import { verifyLedger } from '../../db/ledgerVerification.ts';
import { type Finding, fine, warning, wrong } from './finding.ts';

const { doctor: words } = text.operator;

/** In milliseconds. For how long the doctor verifies what is new. */
const verifyingMs = 4_000;
const patienceMs = 30_000;

/** How many discrepancies are named. The others are counted. */
const maxNamed = 20;

/** Verifies what is new in the ledger, and tells what was found before. */
export async function checkLedger(db: Db, { isAtRest }: { isAtRest: boolean }): Promise<Finding[]> {
  await verifyLedger(db, { forMs: verifyingMs, patienceMs });
  const { unverifiedSeconds } = await ledgerState(db, { freshMs: 0 });
  const broken = await brokenIn(db, isAtRest);
  if (broken.length > 0) return broken;
  return [
    fine('ledger', words.ledgerFine(isAtRest)),
    ...(unverifiedSeconds > lateSeconds
      ? [warning('ledger', words.ledgerLate(text.measures.duration(unverifiedSeconds * 1_000)))]
      : []),
  ];
}

/** In seconds. A transaction that is still open when the doctor looks delays what is written beside it for a moment. */
const lateSeconds = 60;

/**
 * Checks the whole ledger, in pages. A check that was interrupted goes on where it was. `onPage` is told about how much is done,
 * between 0 and 1.
 */
export async function passWholeLedger(
  db: Db,
  { isAtRest }: { isAtRest: boolean },
  onPage: (fraction: number) => void,
): Promise<Finding[]> {
  while (!(await verifyLedger(db, { forMs: verifyingMs, patienceMs })));
  for await (const { part, fraction } of passLedger(db)) {
    onPage(part === 'accounts' ? 0 : part === 'transactions' ? fraction * 0.3 : 0.3 + fraction * 0.7);
  }
  const broken = await brokenIn(db, isAtRest);
  return broken.length > 0 ? broken : [fine('ledger', words.ledgerWholeFine(isAtRest))];
}

async function brokenIn(db: Db, isAtRest: boolean): Promise<Finding[]> {
  const violations: Violation[] = [
    ...(await listDiscrepancies(db, maxNamed)),
    ...(isAtRest ? await checkRest(db) : []),
  ];
  const { discrepancies } = await ledgerState(db, { freshMs: 0 });
  return [
    ...violations.map(({ invariant, subject, found, expected }) =>
      wrong('ledger', words.ledgerBroken(invariant, subject, found, expected)),
    ),
    ...(discrepancies > maxNamed ? [wrong('ledger', words.ledgerMore(discrepancies - maxNamed))] : []),
  ];
}
