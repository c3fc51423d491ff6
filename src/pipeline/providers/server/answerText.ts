/**
 * The JSON values in what a language model wrote, in the order in which to try them. Models that are not held to a form put thoughts before
 * it, sentences around it, or a fence.
 */
export function jsonIn(written: string): unknown[] {
  const text = withoutThoughts(written);
  const fenced = [...text.matchAll(/```(?:json)?\s*\n?([\s\S]*?)```/gi)].map(([, inner = '']) => inner);
  return [text, ...fenced, ...objectsIn(text)].flatMap((candidate) => {
    try {
      return [JSON.parse(candidate)];
    } catch {
      return [];
    }
  });
}

/** The text after the last thought. A server may have cut off the tag with which the thought began. */
function withoutThoughts(text: string): string {
  const ends = [...text.matchAll(/<\/(?:think|thinking|thought|reasoning)>/gi)];
  const last = ends.at(-1);
  return last ? text.slice(last.index + last[0].length) : text;
}

/** How many braces are tried as the beginning of an object. */
const maxBeginnings = 50;

/** Every outermost pair of braces whose contents balance. Braces in strings do not count. */
function objectsIn(text: string): string[] {
  const found: string[] = [];
  let tried = 0;
  for (let start = text.indexOf('{'); start >= 0 && tried < maxBeginnings; tried += 1) {
    const end = endOf(text, start);
    if (end !== null) found.push(text.slice(start, end));
    start = text.indexOf('{', end ?? start + 1);
  }
  return found;
}

/** The position behind the brace that closes the one at `start`. Null if none does. */
function endOf(text: string, start: number): number | null {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at];
    if (isString) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isString = false;
    } else if (sign === '"') isString = true;
    else if (sign === '{') depth += 1;
    else if (sign === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
