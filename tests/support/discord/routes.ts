import { ChannelType, PermissionFlagsBits } from 'discord-api-types/v10';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { Refused } from './errors.ts';
import {
  channelOf,
  edit,
  ephemeral,
  isThread,
  messageOf,
  type Posting,
  post,
  put,
  putThinking,
  require,
  shown,
  type Upload,
} from './messages.ts';
import { type Channel, type Interaction, messageBody, type World } from './world.ts';

const tokenMs = 15 * 60_000;

const callback = z.object({ type: z.int(), data: z.unknown().optional() });
const threadOf = (parent: Channel, id: string, name: string): Channel => ({
  ...parent,
  id,
  type: ChannelType.PublicThread,
  name,
  parentId: parent.id,
  archived: false,
  locked: false,
  members: new Set(),
});
const thread = z.object({ name: z.string().min(1).max(100) });

/** The received body: JSON, or a form with files and a JSON part. */
export type Received = { json: unknown; uploads: Upload[] };

export function createRoutes(
  world: World,
  received: (context: Context) => Received,
  wsUrl: () => string,
  origin: () => string,
): Hono {
  const app = new Hono();
  const param = (context: Context, name: string) => context.req.param(name) ?? '';
  const posting = (context: Context): Posting => {
    const { json, uploads } = received(context);
    return { body: messageBody.parse(json), uploads };
  };

  app.get('/gateway/bot', (context) =>
    context.json({
      url: wsUrl(),
      shards: world.connections.wanted,
      session_start_limit: { total: 1000, remaining: world.connections.left, reset_after: 0, max_concurrency: 1 },
    }),
  );
  app.get('/applications/@me', (context) =>
    context.json({
      id: world.applicationId,
      name: 'VidGenie',
      ...world.application,
      approximate_guild_count: world.guilds.size,
    }),
  );
  app.get('/users/@me', (context) => context.json({ id: world.applicationId, username: 'VidGenie', bot: true }));
  app.get('/applications/:application/commands', (context) => context.json(world.commands));
  app.put('/applications/:application/commands', (context) => {
    const list = z.array(z.record(z.string(), z.unknown())).parse(received(context).json);
    world.registrations += 1;
    // Discord adds fields that only it knows, and leaves out empty ones.
    world.commands = list.map((one) => ({
      id: world.newId(),
      application_id: world.applicationId,
      version: world.newId(),
      nsfw: false,
      default_member_permissions: null,
      dm_permission: true,
      name_localizations: null,
      ...JSON.parse(JSON.stringify(one), (key, value: unknown) =>
        key === 'required' && value === false ? undefined : value,
      ),
    }));
    return context.json(world.commands);
  });
  app.get('/guilds/:guild', (context) => {
    const guild = world.guilds.get(param(context, 'guild'));
    if (!guild) throw new Refused(404, 10004, 'Unknown Guild');
    return context.json({ id: guild.id, name: guild.name, premium_tier: guild.tier });
  });

  app.get('/channels/:channel/messages', (context) => {
    const channel = channelOf(world, param(context, 'channel'));
    require(channel, PermissionFlagsBits.ReadMessageHistory);
    const after = BigInt(z.string().parse(context.req.query('after')));
    const limit = z.coerce.number().int().min(1).max(100).parse(context.req.query('limit'));
    // The messages after this one. Discord returns the newest of them first.
    const next = world.messagesIn(channel.id).filter(({ id }) => BigInt(id) > after);
    const found = next.slice(0, limit).reverse();
    return context.json(found.map((message) => shown(world, message, origin())));
  });
  app.post('/channels/:channel/messages', (context) =>
    context.json(shown(world, post(world, param(context, 'channel'), posting(context)), origin())),
  );
  app.patch('/channels/:channel/messages/:message', (context) => {
    const { id } = channelOf(world, param(context, 'channel'));
    return context.json(
      shown(world, edit(world, messageOf(world, id, param(context, 'message')), posting(context)), origin()),
    );
  });
  app.delete('/channels/:channel/messages/:message', (context) => {
    const channel = channelOf(world, param(context, 'channel'));
    if (channel.archived) throw new Refused(400, 50083, 'Thread is archived');
    world.messages.delete(messageOf(world, channel.id, param(context, 'message')).id);
    return context.body(null, 204);
  });
  app.post('/channels/:channel/messages/:message/threads', (context) => {
    const parent = channelOf(world, param(context, 'channel'));
    require(parent, PermissionFlagsBits.CreatePublicThreads);
    if (parent.type !== ChannelType.GuildText)
      throw new Refused(400, 50024, 'Cannot execute action on this channel type');
    const { id } = messageOf(world, parent.id, param(context, 'message'));
    if (world.channels.has(id)) throw new Refused(400, 160004, 'A thread has already been created for this message');
    const { name } = thread.parse(received(context).json);
    world.channels.set(id, threadOf(parent, id, name));
    return context.json({ id, type: ChannelType.PublicThread, name, parent_id: parent.id });
  });
  app.post('/channels/:channel/threads', (context) => {
    const parent = channelOf(world, param(context, 'channel'));
    require(parent, PermissionFlagsBits.CreatePublicThreads);
    const { name, type } = thread.extend({ type: z.literal(ChannelType.PublicThread) }).parse(received(context).json);
    const id = world.newId();
    world.channels.set(id, threadOf(parent, id, name));
    return context.json({ id, type, name, parent_id: parent.id });
  });
  app.put('/channels/:channel/thread-members/:user', (context) => {
    const channel = channelOf(world, param(context, 'channel'));
    if (!isThread(channel)) throw new Refused(400, 50024, 'Cannot execute action on this channel type');
    require(channel, PermissionFlagsBits.SendMessagesInThreads);
    if (channel.archived) throw new Refused(400, 50083, 'Thread is archived');
    channel.members.add(param(context, 'user'));
    return context.body(null, 204);
  });
  app.patch('/channels/:channel', (context) => {
    const channel = channelOf(world, param(context, 'channel'));
    if (!isThread(channel)) require(channel, PermissionFlagsBits.ManageChannels);
    channel.archived = z.object({ archived: z.boolean() }).parse(received(context).json).archived;
    return context.json({ id: channel.id, type: channel.type });
  });

  app.post('/interactions/:id/:token/callback', (context) => {
    const interaction = world.interactions.get(param(context, 'token'));
    if (!interaction || world.now() - interaction.bornAt > world.firstAnswerMs) {
      throw new Refused(404, 10062, 'Unknown interaction');
    }
    const message = answer(world, interaction, received(context).json);
    if (context.req.query('with_response') !== 'true') return context.body(null, 204);
    return context.json({
      interaction: { id: interaction.id, type: 2 },
      resource: { type: interaction.answered, ...(message ? { message: shown(world, message, origin()) } : {}) },
    });
  });
  const alive = (context: Context): Interaction => {
    const interaction = world.interactions.get(param(context, 'token'));
    if (!interaction || interaction.answered === null) throw new Refused(404, 10015, 'Unknown Webhook');
    if (world.now() - interaction.bornAt > tokenMs) throw new Refused(401, 50027, 'Invalid Webhook Token');
    return interaction;
  };
  const originalOf = (interaction: Interaction) => {
    const message = world.messages.get(interaction.originalId ?? '');
    if (!message) throw new Refused(404, 10008, 'Unknown Message');
    return message;
  };
  const original = '/webhooks/:application/:token/messages/@original';
  app.get(original, (context) => context.json(shown(world, originalOf(alive(context)), origin())));
  app.patch(original, (context) => {
    const interaction = alive(context);
    if (interaction.originalId === null && interaction.answered === 5) {
      // A deferred answer becomes a message with its first edit.
      const isPrivate = z.object({ flags: z.int() }).safeParse(interaction.data).data?.flags === ephemeral;
      const message = put(world, interaction.channelId, {
        ...posting(context),
        onlyFor: isPrivate ? interaction.userId : null,
        interactionId: interaction.id,
      });
      interaction.originalId = message.id;
      if (isPrivate) interaction.ephemeralReplies.push(message);
      return context.json(shown(world, message, origin()));
    }
    const changed = edit(world, originalOf(interaction), posting(context));
    if (interaction.answered === 6 && changed.onlyFor !== null) interaction.ephemeralReplies.push(changed);
    return context.json(shown(world, changed, origin()));
  });
  app.delete(original, (context) => {
    world.messages.delete(originalOf(alive(context)).id);
    return context.body(null, 204);
  });
  app.post('/webhooks/:application/:token', (context) => {
    const interaction = alive(context);
    const followUp = posting(context);
    const isPrivate = ((followUp.body.flags ?? 0) & ephemeral) !== 0;
    const message = put(world, interaction.channelId, { ...followUp, onlyFor: isPrivate ? interaction.userId : null });
    if (isPrivate) interaction.ephemeralReplies.push(message);
    return context.json(shown(world, message, origin()));
  });
  return app;
}

/** Processes the first answer to an interaction, from either transport. */
export function answer(world: World, interaction: Interaction, response: unknown) {
  const { type, data } = callback.parse(response);
  if (interaction.answered !== null) throw new Refused(400, 40060, 'Interaction has already been acknowledged.');
  let message = null;
  if (type === 4) {
    const body = messageBody.parse(data);
    const isPrivate = ((body.flags ?? 0) & ephemeral) !== 0;
    const onlyFor = isPrivate ? interaction.userId : null;
    message = put(world, interaction.channelId, { body, uploads: [], onlyFor, interactionId: interaction.id });
    interaction.originalId = message.id;
    if (isPrivate) interaction.ephemeralReplies.push(message);
  }
  // An answer to a press may change the message with the button, at once or a moment later.
  if (type === 6 || type === 7) {
    const pressed = world.messages.get(interaction.pressedId ?? '');
    if (!pressed) throw new Refused(400, 50035, 'Invalid Form Body: no message to update');
    if (type === 7) edit(world, pressed, { body: messageBody.parse(data), uploads: [] });
    interaction.originalId = pressed.id;
    if (pressed.onlyFor !== null && type === 7) interaction.ephemeralReplies.push(pressed);
  }
  const isQuiet = z.object({ flags: z.int() }).safeParse(data).data?.flags === ephemeral;
  // "VidGenie is thinking…", a message that everybody sees.
  if (type === 5 && !isQuiet) interaction.originalId = putThinking(world, interaction).id;
  interaction.answered = type;
  interaction.data = data;
  return message;
}
