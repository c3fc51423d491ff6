import type { REST } from '@discordjs/rest';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import type { Incoming } from './incoming.ts';
import type { Reply } from './reply.ts';

/** The tools of every handler of interactions. */
export type Bot = { services: Services; rest: REST; replyRest: REST; log: Logger };

/** One interaction, and everything that it takes to answer it. */
export type RequestContext<Interaction extends Incoming = Incoming> = {
  bot: Bot;
  interaction: Interaction;
  reply: Reply;
  /** In the language of the member. */
  text: Text;
};
