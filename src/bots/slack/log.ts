import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from '../../observability/log.ts';

/**
 * The libraries' own log lines. Only sentences pass: at the debug level, which is left out, they hold whole payloads, keys in
 * modals included, and what they add to a sentence may be an error that carries headers.
 */
export function createSlackLogger(log: Logger): SlackLogger {
  const sentence = (parts: unknown[]) =>
    parts.map((part) => (typeof part === 'string' ? part : part instanceof Error ? part.name : '')).join(' ');
  return {
    debug: () => {},
    info: (...parts: unknown[]) => log.info({ platform: 'slack' }, redacted(sentence(parts))),
    warn: (...parts: unknown[]) => log.warn({ platform: 'slack' }, redacted(sentence(parts))),
    error: (...parts: unknown[]) => log.error({ platform: 'slack' }, redacted(sentence(parts))),
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
