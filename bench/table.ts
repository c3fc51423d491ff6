import { cpus, totalmem } from 'node:os';
import { holds, type Row } from './figure.ts';

export type Result = { figure: string; rows: Row[]; failure: string | null };

export const machine = () => ({
  cores: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 1e9),
  node: process.versions.node,
});

/** The table for people: one line for each number, with its limit and its comparison. */
export function paint(results: readonly Result[]): string {
  const { cores, model, memoryGb, node } = machine();
  const head = ['what', 'measured', 'reach', '', 'beside, in the same run'];
  const lines = results.flatMap(({ figure, rows, failure }) =>
    failure === null ? rows.map(lineOf) : [[figure, 'failed', '', '✗', failure.split('\n')[0] ?? '']],
  );
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  const painted = [head, widths.map((width) => '-'.repeat(width)), ...lines].map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  return `${painted.join('\n')}\n\n${cores} cores (${model}), ${memoryGb} GB, Node ${node}\n`;
}

function lineOf(row: Row): string[] {
  const goal = row.goal === null ? '' : 'atMost' in row.goal ? `≤ ${row.goal.atMost}` : `≥ ${row.goal.atLeast}`;
  const beside = row.beside.map(({ what, value, unit }) => `${what} ${rounded(value)} ${unit}`).join(', ');
  return [row.what, `${rounded(row.value)} ${row.unit}`, goal, row.goal === null ? '' : holds(row) ? '✓' : '✗', beside];
}

const rounded = (value: number): string => {
  if (!Number.isFinite(value)) return 'not measured';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
};
