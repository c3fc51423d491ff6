import fc from 'fast-check';
import { expect, test } from 'vitest';
import { performAction, submitWords } from '../../src/bots/actions/perform.ts';
import { actions, isAsking } from '../../src/bots/card.ts';
import { commands, perform } from '../../src/bots/commands/all.ts';
import type { Command } from '../../src/bots/commands/command.ts';
import type { Given } from '../../src/bots/commands/read.ts';
import type { CommandRequest } from '../../src/bots/commands/request.ts';
import { endpoints } from '../../src/bots/web/mount.ts';
import { createLink, openSession } from '../../src/db/auth.ts';
import type { RunView } from '../../src/db/runs.ts';
import type { Workspace } from '../../src/db/workspaces.ts';
import type { Member } from '../../src/domain.ts';
import { delivered, submitted, until } from '../support/program.ts';
import { eventsOf, openWebServer, publicUrl, type WebServer } from '../support/web/server.ts';
import { nameOf, ways } from '../support/web/ways.ts';

const ada: Member = { id: 'member-ada', name: 'Ada Secret', isAdmin: false };
const bob: Member = { id: 'member-bob', name: 'Bob', isAdmin: false };
const ida: Member = { id: 'admin-ida', name: 'Ida', isAdmin: true };

/** A workspace in which Ada has one finished run and one active run. */
async function withRuns() {
  const server = await openWebServer({ worker: true, vendor: { pollsUntilDone: 1_000_000 } });
  const { program } = server;
  const workspace = await server.workspace('mine', 1_000);
  const of = { workspace, member: ada };
  const over = await delivered(program, await submitted(program, { ...of, prompt: 'a secret fox', workflow: 'image' }));
  const busy = await submitted(program, { ...of, prompt: 'a secret owl', workflow: 'complete' });
  const isAtVideo = ({ steps }: RunView) => steps.some(({ kind, state }) => kind === 'video' && state === 'submitted');
  const running = await until(program, busy, isAtVideo);
  return { server, workspace, views: [over, running] };
}

/** The text that only Ada and the admins may read. */
const secretsOf = (views: readonly RunView[]): string[] =>
  views.flatMap(({ run, assets }) => [
    ...[run.id.slice(0, 8), run.prompt, run.memberId, run.memberName],
    ...assets.map(({ objectKey }) => objectKey),
  ]);

async function cookieOf({ program }: WebServer, workspace: Workspace, member: Member): Promise<string> {
  const { db } = program.services;
  const link = await createLink(db, { workspaceId: workspace.id, member, channelIds: null, locale: 'en' });
  const session = await openSession(db, link);
  return `__Host-vidgenie=${session?.words}`;
}

const fromPage = { origin: publicUrl };

/** The events of a member's stream while Ada starts another run and the member starts one. */
async function streamOf(server: WebServer, workspace: Workspace, member: Member) {
  const headers = { cookie: await cookieOf(server, workspace, member) };
  const open = Promise.withResolvers<void>();
  const told = eventsOf(`${server.base}/api/events`, headers, (events) => {
    open.resolve();
    return events.some(({ data }) => data.prompt === 'a public boat' && data.state === 'succeeded');
  });
  await open.promise;
  const of = { workspace, workflow: 'image' } as const;
  await delivered(server.program, await submitted(server.program, { ...of, member: ada, prompt: 'a secret fox' }));
  await delivered(server.program, await submitted(server.program, { ...of, member, prompt: 'a public boat' }));
  return await told;
}

test('another member’s run is on no route: each answers as for a run that never was', async () => {
  const { server, workspace, views } = await withRuns();
  const secrets = secretsOf(views);
  const askers = [
    { cookie: await cookieOf(server, workspace, bob), headers: fromPage },
    { token: await server.token(workspace, 'member') },
  ];
  for (const endpoint of endpoints) {
    const way = ways[nameOf(endpoint)];
    if (!way || way.others === 'stream' || nameOf(endpoint) === 'delete /api/session') continue;
    for (const requester of askers) {
      const ask = async (id: string) => {
        const asking = { ...requester, ...(way.body === undefined ? {} : { body: way.body }) };
        const { status, text } = await server.ask(endpoint.method.toUpperCase(), way.path(id), asking);
        return { status, text: text.replaceAll(id, 'the run') };
      };
      for (const { run } of views) {
        const said = await ask(run.id);
        for (const secret of secrets) expect(said.text, `${nameOf(endpoint)} tells ${secret}`).not.toContain(secret);
        if (!way.path(run.id).includes(run.id)) break;
        expect(said, nameOf(endpoint)).toEqual(await ask(crypto.randomUUID()));
      }
    }
  }
  for (const { objectKey } of views.flatMap(({ assets }) => assets)) {
    for (const requester of askers)
      expect((await server.ask('GET', `/media/${objectKey}`, requester)).status).toBe(404);
  }

  const { events } = await streamOf(server, workspace, bob);
  for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);

  const admin = { cookie: await cookieOf(server, workspace, ida), headers: fromPage };
  for (const { run, assets } of views) {
    const seen = await server.ask('GET', `/api/workflows/${run.id}`, admin);
    expect(seen.json()).toMatchObject({ id: run.id, state: run.state, stopping: false, deletedAt: null });
    for (const { objectKey } of assets) {
      expect((await server.ask('GET', `/media/${objectKey}`, admin)).status).toBe(200);
    }
  }
  const ledger = await server.ask('GET', '/api/credits/transactions', admin);
  for (const { run } of views) expect(ledger.text).toContain(run.id);
});

test('a ledger tells a member what others’ runs cost, and which of them were their own', async () => {
  const { server, workspace, views } = await withRuns();
  const id = await submitted(server.program, { workspace, member: bob, workflow: 'image' });
  await delivered(server.program, id);
  const requester = { cookie: await cookieOf(server, workspace, bob) };
  const holds = views.map(({ run }) => run.priceCredits);
  const { transactions } = (await server.ask('GET', '/api/credits/transactions', requester)).json();
  const rows = Object.values(Object(transactions)).map((row) => Object(row));
  const held = rows.filter(({ kind }) => kind === 'hold');
  expect(held.map(({ amount, workflowId }) => [amount, workflowId])).toEqual([
    [6, id],
    ...holds.toReversed().map((amount) => [amount, null]),
  ]);
  const { text } = await server.ask('GET', '/api/credits/transactions.csv', requester);
  expect(text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g)).toEqual([id, id]);

  const answer = await perform(requestOf(server, workspace, bob), command('credits'), {});
  const said = JSON.stringify(answer);
  expect(said).toContain(id.slice(0, 8));
  expect(said).toContain("another member's run");
  for (const secret of secretsOf(views)) expect(said).not.toContain(secret);
  expect(JSON.stringify(await perform(requestOf(server, workspace, ida), command('credits'), {}))).toContain(
    views[0]?.run.id.slice(0, 8),
  );
});

const requestOf = (server: WebServer, workspace: Workspace, member: Member): CommandRequest => ({
  services: server.program.services,
  workspace,
  member,
  requestKey: crypto.randomUUID(),
  conversation: {},
  locale: 'en',
  openImage: async () => null,
  signal: AbortSignal.timeout(60_000),
});

const command = (name: string): Command => {
  const found = commands.find((one) => one.name === name);
  if (!found) throw new Error(`there is no command ${name}`);
  return found;
};

/** A value for every option, and the run for options that take one. */
const givenTo = ({ options }: Command, reference: string): Given =>
  Object.fromEntries(
    options
      .filter(({ kind, required }) => required || kind.kind === 'run' || kind.kind === 'flag')
      .map(({ name, kind }) => [name, kind.kind === 'run' ? reference : kind.kind === 'flag' || 'a public boat']),
  );

/** The beginning of an id, in the forms in which people write it. */
const form = fc.record({
  length: fc.integer({ min: 4, max: 36 }),
  end: fc.constantFrom('', '…'),
  isLoud: fc.boolean(),
});
const written = (id: string, { length, end, isLoud }: { length: number; end: string; isLoud: boolean }) =>
  `${isLoud ? id.slice(0, length).toUpperCase() : id.slice(0, length)}${end}`;

test('no command and no button knows another member’s run, however it is named', async () => {
  const { server, workspace, views } = await withRuns();
  const request = () => requestOf(server, workspace, bob);
  const secrets = secretsOf(views);
  const silent = (answer: unknown, by: string) => {
    for (const secret of secrets) expect(JSON.stringify(answer), `${by} tells ${secret}`).not.toContain(secret);
  };
  for (const one of commands) {
    silent(await perform(request(), one, {}), one.name);
    if (!one.options.some(({ kind }) => kind.kind === 'run')) {
      silent(await perform(request(), one, givenTo(one, '')), one.name);
    }
  }
  const named = commands.filter(({ options }) => options.some(({ kind }) => kind.kind === 'run'));
  expect(named.map(({ name }) => name)).toEqual(['status', 'cancel']);
  const known = fc.constantFrom(...views.map(({ run }) => run.id));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...named), known, form, async (one, id, as) => {
      const [theirs, nobodys] = [id, crypto.randomUUID()].map((name) => written(name, as));
      const said = async (reference = '') => {
        const answer = await perform(request(), one, givenTo(one, reference));
        return JSON.stringify(answer).replaceAll(reference, 'the run');
      };
      expect(await said(theirs)).toBe(await said(nobodys));
    }),
    { numRuns: 60 },
  );
  for (const { run } of views) {
    for (const action of actions) {
      const refused = { kind: 'refusal', refusal: { reason: 'no_such_run', given: run.id } };
      const subject = { id: run.id, step: 1 };
      expect(await performAction(request(), action, subject), action).toEqual(refused);
      if (isAsking(action))
        expect(await submitWords(request(), action, subject, 'other words'), action).toEqual(refused);
    }
    const own = requestOf(server, workspace, ada);
    expect(await perform(own, command('status'), { run: run.id })).toMatchObject({ view: { run: { id: run.id } } });
  }
});
