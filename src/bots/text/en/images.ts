import type { ImageFault } from '../../commands/refusal.ts';
import { few } from './measures.ts';

/** These say what is wrong with an image that a member gave, and what to do. */
export const imageFault: Record<ImageFault, (detail: string) => string> = {
  missing: (detail) => `There is no "${few(detail, 60)}", or it cannot be read.`,
  empty: () => 'It is empty.',
  too_large: () => 'It has more than 10 MB; a smaller copy or a JPEG will do.',
  unknown_type: (detail) => `It is no PNG, JPEG or WebP image, whatever its name says (${detail}).`,
  damaged: () => 'It is damaged or incomplete; save it once more and try again.',
  too_many_pixels: () => 'It has more than 4096 pixels on a side; a smaller copy will do.',
  animated: () => 'It is an animation; give a still image.',
};
