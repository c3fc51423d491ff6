import type { REST } from '@discordjs/rest';
import type { Logger } from '../../observability/log.ts';
import type { AddressOf } from '../mediaAddress.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import type { Incoming } from './incoming.ts';
import type { Reply } from './reply.ts';

/** The parts that the handlers of interactions share. */
export type Bot = { services: Services; rest: REST; replyRest: REST; addressOf: AddressOf; log: Logger };

/** One interaction, with everything needed to answer it. */
export type RequestContext<Interaction extends Incoming = Incoming> = {
  bot: Bot;
  interaction: Interaction;
  reply: Reply;
  /** In the member's language. */
  text: Text;
};
