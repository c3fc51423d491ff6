import type { EnhancedPrompt, Shot } from '../domain.ts';
import { type CastNote, type EnhanceRequest, ProviderError } from '../pipeline/providers/provider.ts';
import type { Framing } from './painting/framing.ts';
import type { TimeName } from './painting/lexicon.ts';
import { createRandom, type Random } from './painting/random.ts';
import { clauseMark, readPrompt } from './painting/reading.ts';
import { phrases } from './phrases.ts';
import { scenesOf } from './story/scenes.ts';

/** In words. A longer prompt is cut. */
const maxWords = 160;

/**
 * Expands a prompt like a cinematographer: light from the hour and the weather, a lens from the subject, a palette from the
 * light, a camera move from the format. The member's own words come first and unchanged. The additions are in the prompt's
 * language. The same prompt always gives the same result. A story gets a shot for each scene. For a frame, the motion that was
 * written before is kept, and says in addition how the light of the frame moves.
 */
export async function enhance(request: EnhanceRequest): Promise<EnhancedPrompt> {
  const words = request.prompt.replace(/\s+/g, ' ').trim().split(' ').slice(0, maxWords).join(' ');
  if (request.frame !== null) return { image: request.prompt, motion: await motionFor(request.frame) };
  const [first, ...others] = request.scenes.length === 0 ? [] : storyShots(words, request);
  if (first === undefined) return expand(words, request, createRandom(words.toLowerCase()), request.duration);
  return { ...first, shots: [first, ...others] };
}

function storyShots(words: string, request: EnhanceRequest): Shot[] {
  const scenes = scenesOf(words, request.scenes.length);
  return request.scenes.map((seconds, index) => {
    const { text = words, time, framing = null, next = [] } = scenes[index] ?? {};
    // All shots have one lens and one grade, but each has a camera move of its own.
    const random = createRandom(words.toLowerCase());
    return expand(text, request, random, seconds, { time, framing, next, moves: random.fork(`scene ${index}`) });
  });
}

function expand(
  words: string,
  { aspect, style, cast }: EnhanceRequest,
  random: Random,
  seconds: number | null,
  scene: { time?: TimeName | undefined; framing?: Framing | null; next?: string[]; moves?: Random } = {},
): Shot {
  const reading = readPrompt(words);
  const say = phrases[reading.language];
  const weather = reading.weather[0] ?? 'clear';
  const time =
    scene.time ??
    reading.time ??
    (weather === 'snow' ? 'dawn' : weather === 'clear' ? random.pick(['dawn', 'day', 'sunset']) : 'day');
  const stage = reading.subjects.length > 0 ? 'subject' : reading.places.length > 0 ? 'place' : 'idea';
  const image = [
    say.light[time],
    say.weather[weather],
    random.pick(say.lens[stage]),
    say.framing[aspect],
    say.palette[time],
    say.style[style],
  ];
  const moves = scene.moves ?? random;
  const camera = moves.pick(say.camera[stage]);
  const motion = [
    scene.framing ? say.story.camera[scene.framing] : camera,
    ...(scene.next ?? []),
    say.moving[weather],
    moves.pick(say.life[stage]),
    say.shot(seconds),
  ];
  const own = `${words.replace(/[\s.,;:]+$/, '')}${looksOf(words, cast)}`;
  return { image: `${own}${clauseMark}${image.join(', ')}.`, motion: `${own}${clauseMark}${motion.join('; ')}.` };
}

/** In characters. The painter reads a clause of 240. */
const maxLook = 90;

/** The looks of those of the cast whom the words name, in parentheses, where the painter reads them. */
function looksOf(words: string, cast: readonly CastNote[]): string {
  const named = new Set(
    words
      .normalize('NFC')
      .toLowerCase()
      .split(/[^\p{L}\p{N}_-]+/u),
  );
  const looks = cast.flatMap(({ name, description }) => {
    const look = description.replace(/\s+/g, ' ').trim().slice(0, maxLook);
    return named.has(name) && look !== '' ? [`${name}: ${look}`] : [];
  });
  return looks.length > 0 ? ` (${looks.join('; ')})` : '';
}

async function motionFor({ picture, motion }: NonNullable<EnhanceRequest['frame']>): Promise<string> {
  // Loaded only to look: sharp is large.
  const { look } = await import('./sight.ts');
  const { brightness, warmth } = await look(picture.content).catch((cause: unknown) => {
    const detail = `the frame cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ProviderError('invalid_request', detail, { nothingGenerated: true, cause });
  });
  const seen = phrases[readPrompt(motion).language].seen[brightness][warmth];
  const [own = '', ...additions] = motion.split(clauseMark);
  const written = additions.join(clauseMark);
  if (written === '') return `${own.replace(/[\s.,;:]+$/, '')}${clauseMark}${seen}.`;
  return `${own}${clauseMark}${seen}; ${written}`;
}
