import type { Change } from '../../domain.ts';
import { givenOf, inputsOf } from '../graph.ts';
import type { ImageEdit, Reference } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { castReferences, withoutMarks } from './cast.ts';
import { keepMedia } from './media.ts';
import { pictureOf, readPicture } from './picture.ts';
import type { StepWork } from './step.ts';
import { shotOf } from './words.ts';

/**
 * Enhanced prompt → image, or a given image → the same one, changed. The cast that the prompt names, the image that a member gave as
 * a reference, and images among its inputs are references.
 */
export const image: StepWork<'image'> = {
  kind: 'image',
  sendDeadlineMs: 180_000,
  workDeadlineMs: 10 * 60_000,
  request: async (turn, step) => {
    const { run } = turn.view;
    const scenes = inputsOf(turn.view, step).filter(({ kind, state }) => kind === 'image' && state === 'done');
    const ofScenes = scenes.map(
      async (scene): Promise<Reference> => ({ ...(await pictureOf(turn, scene)), shows: { from: 'scene' } }),
    );
    const edit = await editOf(turn);
    return {
      prompt: withoutMarks(shotOf(turn.view, step).image),
      style: run.options.style,
      quality: run.options.quality,
      aspect: run.options.aspect,
      edit,
      references: [
        ...(await castReferences(turn)),
        ...(edit ? [] : await givenReference(turn)),
        ...(await Promise.all(ofScenes)),
      ],
      variant: step.variant ?? 1,
    };
  },
  requestWithoutClip: null,
  keep: keepMedia('image'),
};

const hows = {
  picture: 'change',
  film: 'change',
  ending: 'change',
  vary: 'vary',
  better: 'better',
} as const satisfies Record<Change, ImageEdit['how']>;

/** The image that an `edit` run changes. */
async function editOf(turn: Turn): Promise<ImageEdit | null> {
  const { run } = turn.view;
  if (run.workflow !== 'edit') return null;
  const given = givenOf(turn.view);
  if (!given) throw new Error(`run ${run.id} has no image to change`);
  return { how: hows[run.options.change], picture: await readPicture(turn, given) };
}

async function givenReference(turn: Turn): Promise<Reference[]> {
  const given = givenOf(turn.view);
  return given ? [{ ...(await readPicture(turn, given)), shows: { from: 'member' } }] : [];
}
