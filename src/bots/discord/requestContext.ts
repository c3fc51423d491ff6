import type { REST } from '@discordjs/rest';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';

/** What the handlers of interactions work with. */
export type Bot = { services: Services; rest: REST; replyRest: REST; log: Logger };
