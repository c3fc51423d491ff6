import { randomUUID } from 'node:crypto';
import { stringify } from 'csv-stringify/sync';
import { accountOf, changeBalance, type ListedTransaction, listTransactions } from '../../../db/credits.ts';
import { usageOf, usedByDay, usedByMember } from '../../../db/creditUse.ts';
import { ensureWorkspace } from '../../../db/workspaces.ts';
import { listable, runNamedIn } from '../../actions/permission.ts';
import type { Caller } from '../authenticate.ts';
import {
  creditsState,
  deductBody,
  deducted,
  grantBody,
  granted,
  transactionPage,
  transactionQuery,
  transactionsCsv,
  use,
  useQuery,
} from '../contract/credits.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { problem, refusalProblem } from '../problem.ts';

const balance = endpoint({
  method: 'get',
  path: '/api/credits',
  access: 'member',
  summary: 'What the workspace has, what its runs hold, and what it used in the last day, week and month',
  given: nothing,
  answers: { 200: creditsState },
  answer: async ({ deps, caller }) => {
    const { db } = deps.services;
    const [account, used] = await Promise.all([accountOf(db, caller.workspace.id), usageOf(db, caller.workspace.id)]);
    return { status: 200, body: { ...account, used } };
  },
});

const transactions = endpoint({
  method: 'get',
  path: '/api/credits/transactions',
  access: 'member',
  summary:
    "The ledger of the workspace, newest first. A member is told what others' runs cost, and not which they were.",
  given: { ...nothing, query: transactionQuery },
  answers: { 200: transactionPage },
  answer: async ({ deps, caller, query }) => {
    const { limit, cursor } = query;
    const rows = await listTransactions(deps.services.db, caller.workspace.id, {
      limit: limit + 1,
      ...(cursor === undefined ? {} : { before: Number(cursor) }),
    });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      status: 200,
      body: { transactions: page.map(rowsFor(caller)), nextCursor: last ? String(last.id) : null },
    };
  },
});

const rowsFor = (caller: Caller) => (row: ListedTransaction) => {
  const { id, createdAt, kind, amount, balanceAfter, heldAfter, note } = row;
  const workflowId = runNamedIn(row, caller.member);
  return { id, at: createdAt.toISOString(), kind, amount, balanceAfter, heldAfter, workflowId, note };
};

const columns = ['id', 'at', 'kind', 'amount', 'balanceAfter', 'heldAfter', 'workflowId', 'note'] as const;
const pageOfCsv = 500;

const csv = endpoint({
  method: 'get',
  path: '/api/credits/transactions.csv',
  access: 'member',
  summary: 'The whole ledger of the workspace as CSV, newest first',
  given: nothing,
  answers: { 200: transactionsCsv },
  stream: 'text/csv',
  answer: async ({ deps, caller }) => {
    const rows = async function* () {
      yield stringify([columns]);
      let before: number | undefined;
      for (;;) {
        const page = await listTransactions(deps.services.db, caller.workspace.id, {
          limit: pageOfCsv,
          ...(before === undefined ? {} : { before }),
        });
        if (page.length === 0) return;
        // A spreadsheet would run a note that begins like a formula.
        yield stringify(page.map(rowsFor(caller)), { columns: [...columns], escape_formulas: true });
        before = page.at(-1)?.id;
      }
    };
    const pages = rows();
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await pages.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="vidgenie-transactions.csv"',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  },
});

const used = endpoint({
  method: 'get',
  path: '/api/credits/use',
  access: 'member',
  summary: 'Credits used by day and by member',
  given: { ...nothing, query: useQuery },
  answers: { 200: use },
  answer: async ({ deps, caller, text, query }) => {
    const { db, now } = deps.services;
    const [byDay, named] = await Promise.all([
      usedByDay(db, caller.workspace.id, query.days),
      usedByMember(db, caller.workspace.id, { days: query.days, memberId: listable(caller.member) }),
    ]);
    const sum = (some: readonly { credits: number }[]) => some.reduce((all, row) => all + row.credits, 0);
    const days = Array.from({ length: query.days }, (_, ago) => dayBefore(now(), query.days - 1 - ago)).map((day) => ({
      day,
      credits: byDay.find((used) => used.day === day)?.credits ?? 0,
    }));
    const rest = sum(byDay) - sum(named);
    const others = rest === 0 ? [] : [{ id: null, name: text.web.others, credits: rest }];
    const members = [...named, ...others];
    return { status: 200, body: { days, members: members.sort((a, b) => b.credits - a.credits) } };
  },
});

const dayBefore = (now: Date, days: number): string =>
  new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);

const deduct = endpoint({
  method: 'post',
  path: '/api/credits/deduct',
  access: 'operator',
  summary: 'Take credits from the workspace, once for each Idempotency-Key. Never below zero.',
  given: { ...nothing, body: deductBody },
  answers: { 200: deducted },
  refuses: [402, 409],
  answer: async ({ deps, caller, text, context, body }) => {
    const { db } = deps.services;
    const { id } = caller.workspace;
    const key = context.req.header('idempotency-key') ?? randomUUID();
    const note = text.web.deducted(body.reason);
    const changed = await changeBalance(db, id, {
      kind: 'adjust',
      amount: -body.amount,
      origin: 'api',
      key,
      note,
      by: caller.member.id,
    });
    if (changed.outcome === 'insufficient') {
      const { held: heldCredits } = await accountOf(db, id);
      const { balance: available } = changed;
      return {
        refused: refusalProblem(
          { reason: 'insufficient', priceCredits: body.amount, balance: available, heldCredits },
          text,
        ),
      };
    }
    if (changed.outcome === 'conflict' || (changed.outcome === 'repeated' && changed.before.note !== note)) {
      return { refused: problem('key_reused', text) };
    }
    const repeated = changed.outcome === 'repeated';
    return { status: 200, body: { success: true, deducted: body.amount, balance: changed.balance, repeated } };
  },
});

const grant = endpoint({
  method: 'post',
  path: '/api/credits/grant',
  access: 'operator',
  summary: 'Give credits to the workspace, once for each Idempotency-Key',
  given: { ...nothing, body: grantBody },
  answers: { 200: granted },
  refuses: [409],
  answer: async ({ deps, caller, text, context, body }) => {
    const { workspace, member } = caller;
    await ensureWorkspace(deps.services.db, workspace, deps.services.freeCredits);
    const changed = await changeBalance(deps.services.db, workspace.id, {
      kind: 'grant',
      amount: body.amount,
      origin: 'operator',
      key: context.req.header('idempotency-key') ?? randomUUID(),
      note: body.note === '' ? text.web.grantNote(member.name) : body.note,
      by: member.id,
    });
    if (changed.outcome === 'conflict') return { refused: problem('key_reused', text) };
    const { balance } = changed;
    const repeated = changed.outcome === 'repeated';
    const detail = text.web.granted(body.amount, balance);
    return { status: 200, body: { success: true, granted: body.amount, balance, repeated, detail } };
  },
});

export const creditEndpoints: readonly Endpoint[] = [balance, transactions, csv, used, deduct, grant];
