import type { EnhancedPrompt } from '../domain.ts';
import type { EnhanceRequest } from '../pipeline/providers/provider.ts';
import { createRandom } from './painting/random.ts';
import { clauseMark, readPrompt } from './painting/reading.ts';
import { phrases } from './phrases.ts';

/** In words. A longer prompt is cut. */
const maxWords = 160;

/**
 * Expands a prompt like a cinematographer: light from the hour and the weather, a lens from the subject, a palette from the
 * light, a camera move from the format. The member's own words come first and unchanged. The additions are in the prompt's
 * language. The same prompt always gives the same result.
 */
export function enhance(request: EnhanceRequest): EnhancedPrompt {
  const words = request.prompt.replace(/\s+/g, ' ').trim().split(' ').slice(0, maxWords).join(' ');
  const reading = readPrompt(words);
  const say = phrases[reading.language];
  const random = createRandom(words.toLowerCase());
  const weather = reading.weather[0] ?? 'clear';
  const time =
    reading.time ??
    (weather === 'snow' ? 'dawn' : weather === 'clear' ? random.pick(['dawn', 'day', 'sunset']) : 'day');
  const stage = reading.subjects.length > 0 ? 'subject' : reading.places.length > 0 ? 'place' : 'idea';
  const image = [
    say.light[time],
    say.weather[weather],
    random.pick(say.lens[stage]),
    say.framing[request.aspect],
    say.palette[time],
    say.style[request.style],
  ];
  const motion = [
    random.pick(say.camera[stage]),
    say.moving[weather],
    random.pick(say.life[stage]),
    say.shot(request.duration),
  ];
  const own = words.replace(/[\s.,;:]+$/, '');
  return { image: `${own}${clauseMark}${image.join(', ')}.`, motion: `${own}${clauseMark}${motion.join('; ')}.` };
}
