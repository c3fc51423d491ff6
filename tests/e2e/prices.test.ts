import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { widthOf } from '../../src/bots/terminal/columns.ts';
import { marginsOf } from '../../src/cli/margins.ts';
import { linesOf } from '../../src/cli/prices.ts';
import { googleCanary, openAiCanary } from '../support/canary.ts';
import { newcomer, vidgenie } from '../support/command-line.ts';
import { everyVendor } from '../support/prices.ts';

const report = z.object({
  prices: z.enum(['table', 'book']),
  creditUsd: z.number(),
  markupPercent: z.number(),
  models: z.array(
    z.object({
      kind: z.string(),
      model: z.string(),
      isUsual: z.boolean(),
      isDemo: z.boolean(),
      steps: z.array(
        z.object({
          seconds: z.number().optional(),
          resolution: z.string().optional(),
          credits: z.int().min(1),
          worthUsd: z.number(),
          costUsd: z.number().nullable(),
          marginPercent: z.int().nullable(),
          losesMoney: z.boolean(),
        }),
      ),
    }),
  ),
});

async function printed(told: NodeJS.ProcessEnv, ...words: string[]) {
  const { environment } = await newcomer();
  const command = vidgenie(['prices', ...words], { ...environment, ...told });
  const status = await command.exit;
  return { status, stdout: command.stdout(), output: command.stdout() + command.stderr() };
}
const reported = async (told: NodeJS.ProcessEnv) => {
  const { status, stdout, output } = await printed(told, '--json');
  expect(status).toBe(0);
  for (const canary of [openAiCanary, googleCanary]) expect(output).not.toContain(canary);
  return report.parse(JSON.parse(stdout));
};

const keys = { OPENAI_API_KEY: openAiCanary, GOOGLE_API_KEY: googleCanary, GOOGLE_CLOUD_PROJECT: 'a-project' };

describe('vidgenie prices', () => {
  test('shows no model sold below cost with the price book, at any markup', async () => {
    for (const [markup, creditUsd] of [
      ['0', '0.05'],
      ['20', '0.013'],
    ] as const) {
      const told = { ...keys, PRICES: 'book', MARKUP_PERCENT: markup, CREDIT_USD: creditUsd };
      const { models, ...rule } = await reported(told);
      expect(rule).toEqual({ prices: 'book', creditUsd: Number(creditUsd), markupPercent: Number(markup) });
      expect(models.map(({ model }) => model)).toEqual(
        expect.arrayContaining(['gpt-6-luna', 'gpt-image-2.6-flare', 'gemini-omni-1.2-flash', 'veo-3.1-generate-001']),
      );
      for (const { model, steps } of models) {
        for (const step of steps) {
          expect(step.costUsd, model).not.toBeNull();
          expect(step.losesMoney, model).toBe(false);
          expect(step.worthUsd, model).toBeGreaterThanOrEqual(step.costUsd ?? 0);
          expect(step.marginPercent ?? -1, model).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  test('shows where the fixed table loses money: 8 s of Veo at 1080p with sound cost $3.20 and sell for 18 credits', async () => {
    const told = { ...keys, VIDEO_MODEL: 'veo-3.1-generate-001' };
    const { models } = await reported(told);
    const veo = models.find(({ model }) => model === 'veo-3.1-generate-001');
    expect(veo).toMatchObject({ isUsual: true });
    expect(veo?.steps.find(({ seconds, resolution }) => seconds === 8 && resolution === '1080p')).toEqual({
      seconds: 8,
      resolution: '1080p',
      credits: 18,
      worthUsd: 0.9,
      costUsd: 3.2,
      marginPercent: -256,
      losesMoney: true,
    });
    const { status, stdout } = await printed(told);
    expect(status).toBe(0);
    expect(stdout).toMatch(/✗ +8 s, 1080p, with sound +18 credits +worth \$0\.90 +costs \$3\.20 .*loses \$2\.30/);
    expect(stdout).toMatch(/✗ \d+ steps sell for less than the vendor charges.*PRICES=book/);
    // Nobody sells a model at a loss that a member has to choose by its name.
    for (const { isUsual, steps } of models) {
      if (!isUsual) expect(steps.some(({ losesMoney }) => losesMoney)).toBe(false);
    }
  });

  test('tells the demo without any key, and a model whose price nobody knows', async () => {
    const { stdout } = await printed({});
    expect(stdout).toMatch(/demo-painter-1 makes images\n/);
    expect(stdout).toContain('This is the demo');
    expect(stdout).not.toContain('✗');
    const other = await printed({ OPENAI_API_KEY: openAiCanary, IMAGE_MODEL: 'our-own-painter' });
    expect(other.stdout).toContain('No published price is known of our-own-painter.');
    expect(other.stdout).toMatch(/hd, wide +5 credits +worth \$0\.25 +no published price is known/);
  });

  test.for([20, 34, 60, 200])('fits into a terminal of %i columns', (columns) => {
    const rule = { from: 'table', creditMicroUsd: 50_000, markupPercent: 0 } as const;
    const providers = everyVendor({ VIDEO_MODEL: 'veo-3.1-generate-001' });
    const deps = { providers, byokPricePercent: 100, priceBook: null, priceFloor: rule };
    const lines = linesOf(rule, marginsOf(deps, rule.creditMicroUsd), { columns, hasColour: true });
    for (const line of lines) expect(widthOf(stripVTControlCharacters(line)), line).toBeLessThanOrEqual(columns);
    const text = stripVTControlCharacters(lines.join(' ')).replace(/\s+/g, ' ');
    expect(text).toContain('costs $3.20');
    expect(text).toContain('margin −256 %');
  });
});
