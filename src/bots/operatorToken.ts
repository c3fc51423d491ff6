import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import type { Secret } from '../db/secret.ts';

/** True if a request carries the operator's token as a bearer token, or as a password (under any name), which browsers ask for. */
export function isOperator(context: Context, token: Secret): boolean {
  const [scheme = '', given = ''] = (context.req.header('authorization') ?? '').split(' ', 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return isSame(given, token.reveal());
    case 'basic':
      return isSame(
        Buffer.from(given, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, ''),
        token.reveal(),
      );
    default:
      return false;
  }
}

export const needsOperator = (context: Context): Response =>
  context.text('This needs the operator token.', 401, { 'www-authenticate': 'Basic realm="VidGenie operator"' });

/** Takes the same time for every given value, whatever its length. */
const isSame = (given: string, expected: string): boolean => timingSafeEqual(digest(given), digest(expected));
const digest = (text: string) => createHash('sha256').update(text).digest();
