import sharp from 'sharp';
import { expect, it } from 'vitest';
import { framingOf, withoutFraming } from '../../../../src/demo/painting/framing.ts';
import { paint } from '../../../../src/demo/painting/paint.ts';
import { phrases } from '../../../../src/demo/phrases.ts';

it('every framing that the enhancer writes is read by the painter, in every language', () => {
  for (const { story } of Object.values(phrases)) {
    for (const [framing, phrase] of Object.entries(story.framing)) expect(framingOf(`x, ${phrase}, y`)).toBe(framing);
  }
});

it('a framing changes the view and not the landscape', () => {
  expect(withoutFraming('A fox in the snow, close-up')).toBe('a fox in the snow');
  expect(withoutFraming('Un renard à la mer')).toBe('un renard à la mer');
});

it('a close-up shows more of the subject than a wide shot', async () => {
  const orange = async (prompt: string) => {
    const png = await paint(prompt, { width: 320, height: 180, style: 'vivid' });
    const pixels = await sharp(png).removeAlpha().raw().toBuffer();
    let count = 0;
    for (let at = 0; at < pixels.length; at += 3) {
      if ((pixels[at] ?? 0) > 190 && (pixels[at + 2] ?? 0) < 70) count++;
    }
    return count;
  };
  const [far, plain, close] = await Promise.all(
    ['a fox in the forest, wide shot', 'a fox in the forest', 'a fox in the forest, close-up'].map(orange),
  );
  expect(far).toBeLessThan((plain ?? 0) * 0.6);
  expect(close).toBeGreaterThan((plain ?? 0) * 1.8);
});
