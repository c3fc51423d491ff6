import { distance } from 'fastest-levenshtein';

/**
 * A variable that VidGenie does not read, but that looks like one that it does. `meant` is null if it has our prefix and
 * resembles none.
 */
export type Misspelt = { name: string; meant: string | null };

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of other programs whose names contain one of ours. */
const elsewhere = /^(AWS_|OTEL_|GOOGLE_CLOUD_QUOTA_|npm_)/;

/** Names that the vendors themselves use. */
const alsoKnownAs = new Map([
  ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
  ['RUNWAYML_API_SECRET', 'RUNWAY_API_KEY'],
  ['RUNWAYML_BASE_URL', 'RUNWAY_BASE_URL'],
]);

/**
 * Finds variables that look like a misspelling of one of `known`. It skips them if that one is also set: then another program
 * reads the other.
 */
export function findMisspelt(environment: Environment, known: readonly string[]): Misspelt[] {
  const isSet = (name: string) => Boolean(environment[name] || environment[`${name}_FILE`]);
  return Object.entries(environment).flatMap(([name, value]): Misspelt[] => {
    if (!value || known.includes(name)) return [];
    const meant = meantBy(name, known);
    if (meant !== null) return isSet(meant) ? [] : [{ name, meant }];
    return name.startsWith('VIDGENIE_') ? [{ name, meant: null }] : [];
  });
}

function meantBy(name: string, known: readonly string[]): string | null {
  const upper = name.toUpperCase();
  const own = upper.replace(/^VIDGENIE_/, '');
  const direct = alsoKnownAs.get(upper) ?? known.find((one) => one === upper || one === own);
  if (direct) return direct;
  const candidates = known.filter((one) => isClose(upper, one) || (!elsewhere.test(name) && hasSameWords(upper, one)));
  const [nearest] = candidates.sort((a, b) => distance(upper, a) - distance(upper, b));
  return nearest ?? null;
}

/** Whether one or two letters differ. In a short name one different letter makes another name. */
function isClose(name: string, known: string): boolean {
  const max = known.length < 6 ? 0 : known.length < 10 ? 1 : 2;
  return Math.abs(name.length - known.length) <= max && distance(name, known) <= max;
}

/**
 * Whether a word is missing or extra, as in OPENAI_KEY or DISCORD_BOT_TOKEN. The first word must be equal, because it names the
 * owner.
 */
function hasSameWords(name: string, known: string): boolean {
  const [given, ours] = [name.split('_'), known.split('_')];
  if (given[0] !== ours[0] || given.length < 2 || ours.length < 2) return false;
  return isWithin(given, ours) || isWithin(ours, given);
}

/** Whether all words occur among the others, in the same order. */
function isWithin(words: readonly string[], others: readonly string[]): boolean {
  let next = 0;
  for (const other of others) if (other === words[next]) next += 1;
  return next === words.length;
}
