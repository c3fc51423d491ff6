import type { Secret } from '../db/secret.ts';

const hidden = '[secret]';

/**
 * Patterns of keys: OpenAI's (also as OpenAI masks them, `sk-proj-****abcd`), Google's (`AIza…`, the newer `AQ.…`, and sign-in
 * tokens `ya29.…`), Runway's, Slack's, the tokens of our own hooks, and text after a word that announces a credential.
 */
const shapes: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\bsk-[\w*.-]{4,}/g, hidden],
  [/\bAIza[\w*.-]{4,}/g, hidden],
  [/\bAQ\.[\w*-]{16,}/g, hidden],
  [/\bya29\.[\w*.-]{4,}/g, hidden],
  [/\bkey_[0-9a-f]{32,}/g, hidden],
  [/\bhook_[0-9a-f][\w-]{15,}/g, hidden],
  [/\bxox[a-z]-[\w*-]{4,}/gi, hidden],
  [/\b(bearer|basic)(\s+)[\w.~+/=*-]{6,}/gi, `$1$2${hidden}`],
  [
    /\b(x-goog-api-key|api[-_ ]?key|access_token|authorization)(["']?\s*[:=]\s*["']?)(?!bearer|basic|\[)[^\s"',;&]{4,}/gi,
    `$1$2${hidden}`,
  ],
  [/([?&]key=)[^\s"'&]+/gi, `$1${hidden}`],
];

/** Shorter secrets are not matched literally, because they would hide ordinary words. */
const shortestLiteral = 6;

/** Removes everything from `text` that is, or looks like, a key. It also matches `secrets` literally and percent-encoded. */
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

/** Properties whose values are always hidden. */
const namesOfSecrets =
  /^(authorization|cookie|set-cookie|x-goog-api-key|api[-_]?key|password|secret|token|access_token)$/i;
const deepest = 8;

/**
 * Turns any value into plain data that is safe to log. It scrubs strings and hides the values of secret properties. It reduces an
 * error to name, code, message, stack and cause, because SDKs attach headers and raw bodies to theirs.
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
