import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from '../../observability/log.ts';

/**
 * Takes the log lines of Slack's libraries and passes only sentences. The debug level is left out: its lines hold whole payloads,
 * including keys typed into modals. Other arguments are dropped, because an error may carry headers.
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

/** Removes secrets. Tokens begin with `xox` or `xapp`. A response address grants access to anyone who knows its path. */
const redacted = (sentence: string): string =>
  sentence
    .replace(/\bx(?:ox[a-z]|app)[\w.-]*/gi, '[token]')
    .replace(/(https?:\/\/hooks\.slack\.com\/)\S+/g, '$1…')
    .slice(0, 500);
