import type { REST } from '@discordjs/rest';
import type { Services } from '../services.ts';

export type BotLog = {
  debug: (facts: object, message: string) => void;
  info: (facts: object, message: string) => void;
  warn: (facts: object, message: string) => void;
  error: (facts: object, message: string) => void;
};

/** What the handlers of interactions work with. */
export type Bot = { services: Services; rest: REST; replyRest: REST; log: BotLog };
