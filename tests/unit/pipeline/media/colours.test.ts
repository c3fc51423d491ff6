import { expect, test } from 'vitest';
import { colourMatrix } from '../../../../src/pipeline/media/colours.ts';

test('the matrix is the one that the file names, and else the one that players use for its height', () => {
  expect(colourMatrix({ matrix: 'bt709' }, 180)).toBe('bt709');
  expect(colourMatrix({ matrix: 'smpte170m' }, 1080)).toBe('bt601');
  expect(colourMatrix({ matrix: 'bt2020-ncl' }, 2160)).toBe('bt2020');
  expect(colourMatrix({ matrix: 'rgb' }, 720)).toBe('auto');
  expect(colourMatrix({}, 720)).toBe('bt709');
  expect(colourMatrix({ matrix: null }, 576)).toBe('bt601');
});
