import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { deleteRun } from '../../../../src/bots/actions/remove.ts';
import { createTestDatabase, createWorkspace } from '../../../support/database.ts';
import { createInstallation, delivered, submitted } from '../../../support/program.ts';

test('a platform takes back what was posted until the run was deleted, and not only what the requester saw', async () => {
  const database = await createTestDatabase();
  const workspace = await createWorkspace(database, 100);
  const program = await (await createInstallation(database)).open({ worker: true });
  const seen = await delivered(program, await submitted(program, { workspace, workflow: 'image' }));
  await database.db.execute(sql`UPDATE runs SET posted_messages = '{"resultId": "2"}'`);
  const request = {
    services: program.services,
    workspace,
    member: { id: 'ada', name: 'Ada', isAdmin: false },
    requestKey: crypto.randomUUID(),
    conversation: {},
    locale: 'en',
    openImage: async () => null,
    signal: new AbortController().signal,
  } as const;
  expect(await deleteRun(request, seen)).toMatchObject({
    kind: 'deleted',
    view: { run: { postedMessages: { resultId: '2' }, deletedAt: expect.any(Date) } },
  });
});
