import { expect, test } from 'vitest';
import { checkInvariants } from '../../src/db/invariants.ts';
import { runs } from '../../src/db/schema.ts';
import { withEncoder } from '../../src/pipeline/media/encoder.ts';
import type { Messenger } from '../../src/pipeline/messenger.ts';
import { createTestDatabase, createWorkspace } from '../support/database.ts';
import { allDelivered, createInstallation, delivered, submitted } from '../support/program.ts';

/** More films than a worker has turns at once. */
const films = 10;

test('runs whose films are to be encoded wait for the encoder without keeping others from being worked', async () => {
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const encoderIsFree = Promise.withResolvers<void>();
  let [encoded, atWork, maxAtWork] = [0, 0, 0];
  const messenger: Messenger = {
    update: async () => {},
    takeBack: async () => {},
    unreached: () => [],
    deliver: async (view) => {
      if (view.run.workflow === 'image') return {};
      await withEncoder(async () => {
        atWork += 1;
        maxAtWork = Math.max(maxAtWork, atWork);
        await encoderIsFree.promise;
        atWork -= 1;
        encoded += 1;
      });
      return {};
    },
  };
  const worker = await installation.open({ worker: true, messengers: { terminal: messenger } });
  const workspaces = await Promise.all(
    Array.from({ length: films }, (_, index) => createWorkspace(database, 100, `terminal:${index}`)),
  );
  for (const workspace of workspaces) await submitted(worker, { workspace });
  await expect.poll(() => atWork).toBe(1);
  const settled = async () => (await database.db.select().from(runs)).filter(({ settledAt }) => settledAt).length;
  await expect.poll(settled).toBe(films);
  const { run: image } = await delivered(worker, await submitted(worker, { workflow: 'image' }));
  expect(image.deliveryFailure).toBeNull();
  expect(encoded).toBe(0);

  encoderIsFree.resolve();
  await allDelivered(worker);
  expect({ encoded, maxAtWork }).toEqual({ encoded: films, maxAtWork: 1 });
  const failures = (await database.db.select().from(runs)).flatMap(({ deliveryFailure }) => deliveryFailure ?? []);
  expect(failures).toEqual([]);
  expect(await checkInvariants(database.db, { atRest: true })).toEqual([]);
});
