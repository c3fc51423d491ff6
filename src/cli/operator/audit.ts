import { columnsOf } from '../../bots/terminal/columns.ts';
import { member, text } from '../../bots/terminal/person.ts';
import { safeLine } from '../../bots/terminal/safe.ts';
import { type Actor, type ListedChange, listChanges } from '../../db/audit.ts';
import { type AuditAction, auditActions } from '../../db/schema.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { withProgram } from '../open.ts';
import { print, printJson } from '../output.ts';
import { readNumber, readWorkspace } from './confirm.ts';

const words = text.audit;

export type AuditAsked = {
  since?: string;
  actor?: string;
  action?: string;
  limit?: string;
  before?: string;
  json?: true;
  csv?: true;
};

/** `vidgenie audit`: who changed what, the newest first. */
export async function audit(workspace: string | undefined, asked: AuditAsked): Promise<number> {
  if (asked.json && asked.csv) throw new OperatorError(words.oneFormat, exitStatus.misused);
  const limit = readNumber(asked.limit ?? '50', '--limit', 1, 10_000);
  const filter = {
    ...(workspace === undefined ? {} : { workspaceId: readWorkspace(workspace) }),
    ...(asked.since === undefined ? {} : { since: readSince(asked.since, new Date()) }),
    ...(asked.actor === undefined ? {} : { actor: readActor(asked.actor) }),
    ...(asked.action === undefined ? {} : { action: readAction(asked.action) }),
    ...(asked.before === undefined ? {} : { before: readNumber(asked.before, '--before', 1, 999_999_999) }),
    limit,
  };
  return await withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services } }) => {
    const found = await listChanges(services.db, filter);
    if (asked.csv) await printCsv(found);
    else if (asked.json) printJson({ changes: found });
    else printTable(found, limit);
    return exitStatus.done;
  });
}

function printTable(found: readonly ListedChange[], limit: number): void {
  const last = found.at(-1);
  if (last) print(...columnsOf([words.columns, ...found.map((change) => words.row(change).map(safeLine))]));
  else print(words.none);
  if (last && found.length === limit) print(words.more(last.id));
}

async function printCsv(found: readonly ListedChange[]): Promise<void> {
  const { stringify } = await import('csv-stringify/sync');
  const columns = ['id', 'at', 'workspace', 'actor', 'action', 'subject', 'what'];
  const rows = found.map((change) => {
    const { id, at, workspace, actor, action, subject } = change;
    return [id, at.toISOString(), workspace, words.actor(actor), action, subject ?? '', words.what(change)];
  });
  // Spreadsheets must not run a name that begins like a formula.
  process.stdout.write(stringify(rows, { header: true, columns, escape_formulas: true }));
}

const minutesOf = { m: 1, h: 60, d: 1_440 } as const;

function readSince(given: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(given) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd')
    return new Date(now.getTime() - Number(count) * minutesOf[unit] * 60_000);
  // Without a zone, a time would be read in that of the machine.
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(given) ? new Date(given) : null;
  if (time && !Number.isNaN(time.getTime())) return time;
  throw new OperatorError(words.badSince(given), exitStatus.misused);
}

/** The operator's own changes stand under the person at the terminal. */
function readActor(given: string): Actor {
  if (given === words.actor(null)) return null;
  return given === words.actor(member.id) ? member.id : given;
}

function readAction(given: string): AuditAction {
  const action = auditActions.find((one) => one === given.replaceAll(' ', '_'));
  if (!action) throw new OperatorError(words.badAction(given, auditActions), exitStatus.misused);
  return action;
}
