import type { Surface } from '../bots/terminal/canvas.ts';
import { columnsOf, widthOf, wrap } from '../bots/terminal/columns.ts';
import { styled } from '../bots/terminal/paint.ts';
import { text } from '../bots/terminal/person.ts';
import { safeLine } from '../bots/terminal/safe.ts';
import type { Config } from '../config.ts';
import { exitStatus } from './exit.ts';
import { losesMoney, type Margin, type ModelMargins, marginPercent, marginsOf } from './margins.ts';
import { configure, withProgram } from './open.ts';
import { print, printJson, stdoutSurface } from './output.ts';

const words = text.prices;

/** `vidgenie prices`: what typical steps of each model sell for, and what the vendors charge for them. */
export async function prices({ isJson }: { isJson: boolean }): Promise<number> {
  const config = configure();
  return await withProgram({ worker: false, logLevel: 'warn', config }, async ({ program: { services } }) => {
    const models = marginsOf(services, config.prices.creditMicroUsd);
    if (isJson) printJson(asJson(config.prices, models));
    else print(...linesOf(config.prices, models, stdoutSurface()));
    return exitStatus.done;
  });
}

/** Amounts are in US dollars. `costUsd` and `marginPercent` are null if no published price is known. */
function asJson({ from, creditMicroUsd, markupPercent }: Config['prices'], models: readonly ModelMargins[]) {
  return {
    prices: from,
    creditUsd: creditMicroUsd / 1_000_000,
    markupPercent,
    models: models.map(({ margins, ...model }) => ({
      ...model,
      steps: margins.map((margin) => ({
        ...margin.step,
        credits: margin.credits,
        worthUsd: margin.worthMicroUsd / 1_000_000,
        costUsd: margin.costMicroUsd === null ? null : margin.costMicroUsd / 1_000_000,
        marginPercent: marginPercent(margin),
        losesMoney: losesMoney(margin),
      })),
    })),
  };
}

export function linesOf(
  { from, creditMicroUsd, markupPercent }: Config['prices'],
  models: readonly ModelMargins[],
  surface: Pick<Surface, 'columns' | 'hasColour'>,
): string[] {
  const said = (line: string) => wrap(line, surface.columns);
  const rule = from === 'book' ? words.fromBook(creditMicroUsd, markupPercent) : words.fromTable(creditMicroUsd);
  const isDemo = models.some((model) => model.isDemo);
  const unknown = models.filter(({ isDemo: one, margins }) => !one && margins.some((it) => it.costMicroUsd === null));
  const losing = models.flatMap(({ margins }) => margins).filter(losesMoney).length;
  const summary = losing === 0 ? words.noLoss : `✗ ${words.losses(losing)}`;
  return [
    ...said(rule),
    ...models.flatMap((model) => ['', ...linesOfModel(model, surface)]),
    '',
    ...said(summary).map((line) => styled(surface, losing === 0 ? 'green' : 'red', line)),
    ...(unknown.length > 0 ? said(words.unknowns(unknown.map(({ model }) => safeLine(model)))) : []),
    ...(isDemo ? said(words.demo) : []),
  ];
}

/** A table, or where it does not fit, two lines for each step. */
function linesOfModel(model: ModelMargins, surface: Pick<Surface, 'columns' | 'hasColour'>): string[] {
  const heading = wrap(words.heading(safeLine(model.model), model.kind, model.isUsual), surface.columns);
  const rows = model.margins.map((margin) => ({ margin, cells: cellsOf(margin, model.isDemo) }));
  const table = columnsOf(rows.map(({ cells }) => cells)).map((line) => `  ${line}`);
  const fits = table.every((line) => widthOf(line) <= surface.columns);
  const lines = rows.map(({ margin, cells: [mark = '', step = '', price = '', ...rest] }, index) => {
    const narrow = [...wrap(`  ${mark} ${step}: ${price}`, surface.columns), ...indented(rest.join(', '), surface)];
    const of = fits ? [table[index] ?? ''] : narrow;
    return losesMoney(margin) ? of.map((line) => styled(surface, 'red', line)) : of;
  });
  return [...heading.map((line) => styled(surface, 'bold', line)), ...lines.flat()];
}

const indented = (line: string, { columns }: Pick<Surface, 'columns'>) =>
  wrap(line, columns - 6).map((one) => `      ${one}`);

function cellsOf(margin: Margin, isDemo: boolean): string[] {
  const { costMicroUsd, worthMicroUsd } = margin;
  const percent = marginPercent(margin);
  const sold = [nameOf(margin), words.price(margin.credits), words.worth(worthMicroUsd)];
  if (costMicroUsd === null) return [' ', ...sold, isDemo ? words.free : words.unknown];
  const known = [...sold, words.costs(costMicroUsd), ...(percent === null ? [] : [words.margin(percent)])];
  return losesMoney(margin) ? ['✗', ...known, words.loses(costMicroUsd - worthMicroUsd)] : [' ', ...known];
}

/** The step in words. */
export function nameOf({ step }: Margin): string {
  switch (step.kind) {
    case 'enhance':
      return words.enhance;
    case 'image':
      return words.image(step.quality, step.aspect);
    case 'video':
      return words.video(step.seconds, step.resolution);
  }
}
