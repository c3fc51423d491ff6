import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { newcomer, vidgenie } from '../support/command-line.ts';

test('the help of a workflow lists aliases and models with what they do and cost, and sets nothing up for that', async () => {
  const { home, environment } = await newcomer();
  const keys = {
    OPENAI_API_KEY: 'sk-abcdefghijklmnopqrstuvwx',
    GOOGLE_API_KEY: 'AIzaabcdefghijklmnopqrstuvwxyz0123456789',
  };
  const aliases = { MODEL_ALIASES: 'fast=gemini-omni-1.1-flash' };
  const help = vidgenie(['run', 'video', '--help'], { ...environment, ...keys, ...aliases });
  expect(await help.exit).toBe(0);
  expect(help.stdout()).toMatch(
    /--model <model>.*fast +gemini-omni-1\.1-flash · 18 credits.*gemini-omni-1\.2-flash +3–15 s · 720p–4K · 18 credits/s,
  );
  expect(help.stdout()).not.toContain('gpt-image');
  expect(existsSync(home)).toBe(false);
});
