import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { mountProbes, readNoOftener } from '../../../src/bots/probes.ts';

test('however many ask whether a process is ready, its parts are looked at once a second; that it stops shows at once', async () => {
  const app = new Hono();
  let [now, looks, isStopping] = [0, 0, false];
  let database = Promise.withResolvers<void>();
  const check = () => {
    looks += 1;
    return database.promise;
  };
  const silent = { warn: () => {} };
  const probes = { checks: { database: check }, metrics: null, operatorToken: null, log: silent };
  mountProbes(app, { ...probes, isStopping: () => isStopping, now: () => now });
  const ask = async () => (await app.request('/readyz')).status;
  const askMany = () => Promise.all(Array.from({ length: 50 }, ask));

  const together = askMany();
  database.resolve();
  expect([new Set(await together), looks]).toEqual([new Set([200]), 1]);
  database = Promise.withResolvers();
  database.reject(new Error('away'));
  now = 999;
  expect([new Set(await askMany()), looks]).toEqual([new Set([200]), 1]);
  now = 1_000;
  expect([new Set(await askMany()), looks]).toEqual([new Set([503]), 2]);
  database = Promise.withResolvers();
  database.resolve();
  now = 2_000;
  expect([await ask(), looks]).toEqual([200, 3]);
  isStopping = true;
  expect([await ask(), looks]).toEqual([503, 3]);
});

test('a reading that fails is told once for each outage, and nobody is given a number meanwhile', async () => {
  const told: unknown[] = [];
  let now = 0;
  let fault: Error | null = null;
  const read = async () => {
    if (fault) throw fault;
    return now;
  };
  const onOutage = (error: unknown) => told.push(error);
  const reading = readNoOftener(read, { freshMs: 10, waitMs: 1_000, onOutage }, () => now);
  const at = async (moment: number, wrong: Error | null) => {
    now = moment;
    fault = wrong;
    return await reading();
  };
  const [first, later, another] = [new Error('away'), new Error('away still'), new Error('away again')];

  expect([await at(0, null), await at(5, first)]).toEqual([0, 0]);
  expect(told).toEqual([]);
  expect([await at(20, first), await at(21, later), await at(40, later)]).toEqual([null, null, null]);
  expect(told).toEqual([first]);
  expect([await at(60, null), await at(80, another)]).toEqual([60, null]);
  expect(told).toEqual([first, another]);
});
