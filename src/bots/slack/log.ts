import { type Logger, LogLevel } from '@slack/bolt';
import type { TurnLog } from '../../pipeline/turn.ts';

/**
 * The libraries' own log lines. Only sentences pass: at the debug level, which is left out, they hold whole payloads, keys in
 * modals included, and what they add to a sentence may be an error that carries headers.
 */
export function createSlackLogger(log: TurnLog): Logger {
  const sentence = (parts: unknown[]) =>
    parts.map((part) => (typeof part === 'string' ? part : part instanceof Error ? part.name : '')).join(' ');
  return {
    debug: () => {},
    info: (...parts: unknown[]) => log.info({ face: 'slack' }, redacted(sentence(parts))),
    warn: (...parts: unknown[]) => log.warn({ face: 'slack' }, redacted(sentence(parts))),
    error: (...parts: unknown[]) => log.error({ face: 'slack' }, redacted(sentence(parts))),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}

/** Tokens begin with `xox` or `xapp`; response addresses carry a capability in their path. */
const redacted = (sentence: string): string =>
  sentence
    .replace(/\bx(?:ox[a-z]|app)[\w.-]*/gi, '[token]')
    .replace(/(https?:\/\/hooks\.slack\.com\/)\S+/g, '$1…')
    .slice(0, 500);
