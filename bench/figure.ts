import type { Stage } from './stage/stage.ts';

/** One measured number, its limit, and the numbers of the same run to compare it with. */
export type Row = {
  what: string;
  value: number;
  unit: string;
  goal: { atMost: number } | { atLeast: number } | null;
  beside: Measured[];
};

type Measured = { what: string; value: number; unit: string };

export type Figure = {
  name: string;
  about: string;
  /** In milliseconds. How long it may take. Without it, three minutes. */
  patienceMs?: number;
  /** `settings` are those of the command line, by name, for figures whose size may be chosen. */
  measure: (stage: Stage, settings: Settings) => Promise<Row[]>;
};

export type Settings = ReadonlyMap<string, string>;

/** A number that may be set on the command line. */
export function numberOf(settings: Settings, name: string, usual: number): number {
  const value = Number(settings.get(name) ?? usual);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--set ${name}=… needs a number above zero`);
  return value;
}

export function holds({ value, goal }: Row): boolean {
  if (goal === null) return true;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The value below which `share` of the values lie. NaN without values, which meets no limit. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Repeats a task, one time after the other. */
export async function repeated<T>(times: number, once: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < times; round += 1) results.push(await once(round));
  return results;
}

/** Runs `count` tasks, at most `atOnce` at the same time. Resolves with the duration of each, in milliseconds. */
export async function crowd(
  count: number,
  atOnce: number,
  one: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const person = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      const began = performance.now();
      await one(index);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, person));
  return times;
}

/** The number of tasks a second over `count` tasks. */
export async function rateOf(count: number, atOnce: number, one: (index: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await crowd(count, atOnce, one);
  return (count / (performance.now() - began)) * 1_000;
}
