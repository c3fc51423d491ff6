import { expect, test } from 'vitest';
import { readNoOftener } from '../../../src/bots/probes.ts';

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
