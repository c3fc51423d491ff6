import type { PartialImage } from '../../pipeline/messenger.ts';
import type { CardMedia } from '../card.ts';
import type { Text } from '../text.ts';

/**
 * The unfinished pictures of images that are still being made, as previews of a progress message. A preview is known by the number of
 * its step, and these are none of a step: each has a negative number of its own, so that a later one takes its place.
 */
export const unfinishedPictures = (
  partials: readonly PartialImage[],
  made: readonly Pick<CardMedia, 'step'>[],
  text: Text,
  spoilers: boolean,
): (CardMedia & { isSpoiler: boolean })[] =>
  partials
    .filter(({ step }) => made.every((one) => one.step !== step))
    .map(({ step, version, objectKey, mime, width, height, bytes }) => ({
      step: -(step * 10 + version),
      kind: 'image' as const,
      label: text.runs.media.image,
      objectKey,
      mime,
      width,
      height,
      seconds: null,
      bytes,
      isSpoiler: spoilers,
    }));
