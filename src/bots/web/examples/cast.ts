import type { z } from 'zod';
import { castChanged, type castEntry as castEntryShape, castList, newCastEntry } from '../contract/cast.ts';
import { asked, type Example, example } from './example.ts';

const castEntry: z.input<typeof castEntryShape> = {
  name: 'fox',
  kind: 'character',
  description: 'A red fox with a white tip of its tail',
  addedBy: 'Ada',
  mayRemove: true,
  createdAt: asked,
  images: [
    {
      url: '/media/cast/8c4f1e5a-1f6b-8a30-8b1c-7d2e9f0a4b6c/1-3fa9c1d2.png?expires=1795953600&signature=Zm94',
      thumbnailUrl:
        '/media/cast/8c4f1e5a-1f6b-8a30-8b1c-7d2e9f0a4b6c/1-3fa9c1d2.png?expires=1795953600&signature=Zm94&thumbnail=1',
      width: 1024,
      height: 1024,
      bytes: 1_203_117,
    },
  ],
};

export const castExamples: readonly Example[] = [
  example(castList, { cast: [castEntry], max: 50, mayAdd: true }),
  example(newCastEntry, {
    name: 'fox',
    kind: 'character',
    description: 'A red fox with a white tip of its tail',
    images: ['data:image/png;base64,…'],
    mayUse: true,
  }),
  example(castChanged, { success: true, detail: '@fox is in the cast', entry: castEntry }),
];
