import { type CastEntry, maxCastName } from '../../domain.ts';
import { StorageError } from '../media/store.ts';
import type { CastNote, Picture, Reference } from '../providers/provider.ts';
import type { Turn } from '../turnContext.ts';
import { readPicture } from './picture.ts';

/** A letter or a digit of any script. Some letters show nothing, so they are left out. */
const sign = String.raw`[[\p{L}\p{N}]--\p{DI}]`;
/** Vowels and accents of many scripts are characters of their own, which follow a letter. */
const inner = String.raw`[[\p{L}\p{M}\p{N}_\-]--\p{DI}]`;
const last = String.raw`[[\p{L}\p{M}\p{N}]--\p{DI}]`;
const nameShape = `${sign}(?:${inner}*${last})?`;

/** These scripts put no space between words, so a letter before an @ need not belong to an address. */
const unspaced = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;
const notAfterWord = String.raw`(?<![[\p{L}\p{M}\p{N}@]--${unspaced}])`;
/** An address may have these before its @. Its domain has a dot. */
const notInAddress = String.raw`(?<![\p{L}\p{N}\p{M}!#$%&'*+\/=?^_\`\{\|\}~.\-](?=@[\p{L}\p{M}\p{N}\-]+\.[\p{L}\p{N}]))`;
/** Discord's `<@123>` and Slack's `<@U1|ada>` are people of the chat. */
const notInMention = String.raw`(?<!<(?=@(?:\d+|[UW][A-Z0-9]+)[>\|]))`;

/** An @ and a name. `@fox@example` is an address in another network. */
const mark = new RegExp(`${notAfterWord}${notInAddress}${notInMention}@(?!${inner}*@)(${nameShape})`, 'gv');
const wholeName = new RegExp(`^${nameShape}$`, 'v');

/** In a chat these address everybody. Nobody of the cast has such a name. */
const addressees = new Set(['everyone', 'here', 'channel']);

/** The names of the cast in a prompt, without the @ and in lower case, each once, in their order. */
export function namesIn(prompt: string): string[] {
  const names = [...prompt.matchAll(mark)].map(([, name = '']) => castName(name));
  return [...new Set(names)].filter((name) => !addressees.has(name));
}

/** How a name is compared and stored. */
export const castName = (name: string): string => name.normalize('NFC').toLowerCase().normalize('NFC');

/** Whether an entry may have this name, which is in the form of {@link castName}. */
export const isCastName = (name: string): boolean =>
  wholeName.test(name) && !addressees.has(name) && [...name].length <= maxCastName;

/** A prompt as a model reads it: names of the cast without the @. */
export const withoutMarks = (prompt: string): string => prompt.replaceAll(mark, '$1');

/** The pictures of the cast that the run's prompt names. Throws if one is gone, because the image would not show who it should. */
export async function castReferences(turn: Turn): Promise<Reference[]> {
  const { cast } = turn.view.run;
  return await Promise.all(
    cast.flatMap(({ name, kind, description, images }) =>
      images.map(
        async (image): Promise<Reference> => ({
          ...(await readOf(turn, name, image)),
          shows: { from: 'cast', name, kind, description },
        }),
      ),
    ),
  );
}

/** The cast for a language model that can look at `pictures` more pictures: the first one of each entry, as far as they go. */
export async function castNotes(turn: Turn, pictures: number): Promise<CastNote[]> {
  const { cast } = turn.view.run;
  const shown = new Set(cast.filter(({ images }) => images.length > 0).slice(0, pictures));
  return await Promise.all(
    cast.map(async (entry): Promise<CastNote> => {
      const { name, kind, description, images } = entry;
      const [image] = images;
      const picture = image && shown.has(entry) ? await readOf(turn, name, image) : null;
      return { name, kind, description, picture };
    }),
  );
}

async function readOf(turn: Turn, name: string, image: CastEntry['images'][number]): Promise<Picture> {
  try {
    return await readPicture(turn, image);
  } catch (error) {
    if (!(error instanceof StorageError) || error.isPassing) throw error;
    if ((await turn.deps.store.size(image.objectKey)) !== null) throw error;
    throw new StorageError(`a picture of @${name} is gone: add @${name} to the cast again`, { cause: error });
  }
}
