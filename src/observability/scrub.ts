import type { Secret } from '../db/secret.ts';

const hidden = '[secret]';

/**
 * Patterns of keys: OpenAI's (also as OpenAI masks them, `sk-proj-****abcd`), Google's (`AIza…`, the
 * newer `AQ.…`, and sign-in tokens `ya29.…`), Slack's, and whatever follows a word that announces a credential.
 */
const shapes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\bsk-[\w*.-]{4,}/g, hidden],
  [/\bAIza[\w*.-]{4,}/g, hidden],
  [/\bAQ\.[\w*-]{16,}/g, hidden],
  [/\bya29\.[\w*.-]{4,}/g, hidden],
  [/\bxox[a-z]-[\w*-]{4,}/gi, hidden],
  [/\b(bearer|basic)(\s+)[\w.~+/=*-]{6,}/gi, `$1$2${hidden}`],
  [
    /\b(x-goog-api-key|api[-_ ]?key|access_token|authorization)(["']?\s*[:=]\s*["']?)(?!bearer|basic|\[)[^\s"',;&]{4,}/gi,
    `$1$2${hidden}`,
  ],
  [/([?&]key=)[^\s"'&]+/gi, `$1${hidden}`],
];

/** Shorter secrets than this are not looked for literally: they would blot out ordinary words. */
const shortestLiteral = 6;

/** `text` without anything that is, or looks like, a key. `secrets` are additionally looked for literally, and percent-encoded. */
export function scrub(text: string, secrets: readonly Secret[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length < shortestLiteral) continue;
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) {
      clean = clean.replaceAll(form, hidden);
    }
  }
  for (const [pattern, replacement] of shapes) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Property names whose values are never worth a look. */
const namesOfSecrets =
  /^(authorization|cookie|set-cookie|x-goog-api-key|api[-_]?key|password|secret|token|access_token)$/i;
const deepest = 8;

/**
 * Any value as plain data that is safe to log: strings are scrubbed, values under telling names are hidden, and an error is
 * reduced to name, message, stack and cause, since SDKs hang headers and raw bodies on theirs.
 */
export function scrubValue(value: unknown, secrets: readonly Secret[] = [], depth = 0): unknown {
  if (typeof value === 'string') return scrub(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '[…]';
  const inner = (child: unknown) => scrubValue(child, secrets, depth + 1);
  if (value instanceof Error) {
    return {
      name: value.name,
      ...('code' in value && typeof value.code === 'string' && { code: value.code }),
      message: scrub(value.message, secrets),
      ...(value.stack && { stack: scrub(value.stack, secrets) }),
      ...(value.cause !== undefined && { cause: inner(value.cause) }),
    };
  }
  if (Array.isArray(value)) return value.map(inner);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      scrub(name, secrets),
      namesOfSecrets.test(name) && child !== null && child !== undefined ? hidden : inner(child),
    ]),
  );
}
