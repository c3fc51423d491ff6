import { expect, onTestFinished, test } from 'vitest';
import { claim } from '../../../src/db/claim.ts';
import { openDatabase } from '../../../src/db/client.ts';
import { loadRun } from '../../../src/db/runs.ts';
import { dispatchDue, savePostedMessages } from '../../../src/db/turns.ts';
import { createLog } from '../../../src/observability/log.ts';
import type { Messenger, Speaking } from '../../../src/pipeline/messenger.ts';
import { createNarrator } from '../../../src/pipeline/narrate.ts';
import { createTestDatabase } from '../../support/database.ts';
import { createInstallation, submitted } from '../../support/program.ts';
import { openTcpProxy } from '../../support/tcp-proxy.ts';

test('an edit that a messenger sends after its update saves once: when the database is back, it undoes no newer save', async () => {
  const database = await createTestDatabase();
  const bot = await (await createInstallation(database)).open({ worker: false });
  const id = await submitted(bot);
  const [lease] = await dispatchDue(database.db, 1, 60_000);
  const view = lease && (await claim(database.db, [lease], 60_000)).get(id);
  if (!view) throw new Error('nothing was due');
  const url = new URL(database.url);
  const target = { host: '127.0.0.1', port: Number(url.port) };
  const proxy = await openTcpProxy(() => target);
  onTestFinished(proxy.close);
  url.port = String(proxy.port);
  const { db, close } = openDatabase(url.href, { connections: 1 });
  onTestFinished(close);

  const { providers } = bot.services;
  const updated = Promise.withResolvers<Speaking['save']>();
  const messenger: Messenger = {
    update: async (_, { save }) => updated.resolve(save),
    deliver: async () => null,
    takeBack: async () => {},
    unreached: () => [],
  };
  const deps = {
    db,
    providers,
    messengerOf: () => messenger,
    now: () => new Date(),
    log: createLog('silent', false),
    tellings: new Map(),
  };
  const narrator = createNarrator(deps, lease, () => view, new AbortController().signal);
  narrator.tell();
  const save = await updated.promise;
  await narrator.end();

  proxy.turn('cut');
  const late = save({ progressId: '1' }).then(
    () => 'saved',
    () => 'lost',
  );
  await expect.poll(proxy.refused).toBeGreaterThan(0);
  await savePostedMessages(database.db, lease, { progressId: '2', resultId: '3' });
  proxy.turn('fine');
  expect(await late).toBe('lost');
  expect((await loadRun(database.db, id))?.run.postedMessages).toEqual({ progressId: '2', resultId: '3' });
});
