import { expect, test, vi } from 'vitest';
import type { Step } from '../../../../src/backup/take.ts';
import { createProgress } from '../../../../src/cli/backup/progress.ts';

const step = (over: Partial<Step>): Step => ({ phase: 'media', item: 'runs/1', done: 0, of: 8, bytes: 0, ...over });

/** Does eight steps of a second each, and returns what was written. */
function written(screen: { isTTY?: boolean; columns?: number }): string[] {
  vi.useFakeTimers();
  try {
    const texts: string[] = [];
    const progress = createProgress({ ...screen, write: (text) => texts.push(text) });
    for (let done = 1; done <= 8; done += 1) {
      vi.advanceTimersByTime(1_000);
      progress.onStep(step({ done, bytes: done * 1_000_000 }));
    }
    progress.end();
    return texts;
  } finally {
    vi.useRealTimers();
  }
}

test('in a terminal a bar grows in one line that fits, and the line is clean at the end', () => {
  const texts = written({ isTTY: true, columns: 60 });
  const lines = texts.map((text) => text.replaceAll('\r', ''));
  expect(lines[3]).toBe('[############............] media: 4 of 8, 4.0 MB');
  expect(lines[7]).toContain('[########################] media: 8 of 8');
  expect(texts.every((text) => text.startsWith('\r') && !text.includes('\n'))).toBe(true);
  expect(lines.at(-1)?.trim()).toBe('');
  expect(written({ isTTY: true, columns: 30 }).every((text) => text.replaceAll('\r', '').length < 30)).toBe(true);
});

test('a log gets a line at the beginning and at the end of a phase, not at each step', () => {
  expect(written({})).toEqual(['media: 1 of 8, 1.0 MB\n', 'media: 8 of 8, 8.0 MB\n']);
});
