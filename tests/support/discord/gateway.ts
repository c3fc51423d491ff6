import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Guild, World } from './world.ts';

const frame = z.object({ op: z.int(), d: z.unknown() });
const identify = z.object({
  token: z.string(),
  shard: z.tuple([z.int(), z.int()]).default([0, 1]),
  intents: z.int(),
});
const resume = z.object({ token: z.string(), session_id: z.string(), seq: z.int().nullable() });

type Shard = [id: number, count: number];
type Session = {
  id: string;
  shard: Shard;
  intents: number;
  socket: WebSocket | null;
  events: { t: string; d: unknown }[];
};

const guildMessages = 1 << 9;
/** Members, presences, and the words of messages. An application must be verified to have them. */
const privileged = (1 << 1) | (1 << 8) | (1 << 15);

/** Source: Discord's documentation, "Sharding". Events without a server go to the first shard. */
const isFor = ([id, count]: Shard, guildId: string | null) =>
  Number((guildId === null ? 0n : BigInt(guildId) >> 22n) % BigInt(count)) === id;
const concerned = z.object({ guild_id: z.string().nullish() });

/** Discord's gateway: hello, identify, resume, heartbeats, and the ways in which a connection ends. */
export function createGateway(world: World, server: Server, url: () => string) {
  const sockets = new WebSocketServer({ server });
  const sessions = new Map<string, Session>();
  const counts = { identifies: 0, resumes: 0 };
  const shards: Shard[] = [];

  const emit = (session: Session, t: string, d: unknown) => {
    session.events.push({ t, d });
    session.socket?.send(JSON.stringify({ op: 0, s: session.events.length, t, d }));
  };

  sockets.on('connection', (socket) => {
    const say = (op: number, d: unknown) => socket.send(JSON.stringify({ op, d }));
    say(10, { heartbeat_interval: 41_250 });
    socket.on('message', (data) => {
      const { op, d } = frame.parse(JSON.parse(String(data)));
      if (op === 1) say(11, null);
      if (op === 2) {
        const { token, shard, intents } = identify.parse(d);
        if (token !== world.token) return socket.close(4004, 'Authentication failed');
        if ((intents & privileged) !== 0) return socket.close(4014, 'Disallowed intent(s)');
        counts.identifies += 1;
        shards.push(shard);
        const session: Session = { id: world.newId(), shard, intents, socket, events: [] };
        const guilds = [...world.guilds.values()].filter(({ id }) => isFor(shard, id));
        sessions.set(session.id, session);
        socket.once('close', () => {
          session.socket = null;
        });
        emit(session, 'READY', ready(world, guilds, session, url()));
        for (const guild of guilds) {
          if (!world.unavailable.has(guild.id)) emit(session, 'GUILD_CREATE', guildCreate(world, guild));
        }
        world.changed();
      }
      if (op === 6) {
        const wanted = resume.parse(d);
        const session = sessions.get(wanted.session_id);
        if (!session || wanted.token !== world.token) return say(9, false);
        counts.resumes += 1;
        session.socket = socket;
        socket.once('close', () => {
          session.socket = null;
        });
        // The gateway sends the missed events again, and then RESUMED.
        for (const [index, event] of session.events.entries()) {
          if (index >= (wanted.seq ?? 0)) socket.send(JSON.stringify({ op: 0, s: index + 1, ...event }));
        }
        emit(session, 'RESUMED', {});
        world.changed();
      }
    });
  });

  return {
    counts,
    /** The shards that were identified, in order. */
    shards,
    /** Sends an event to every session that it concerns. A disconnected session gets it when it resumes. */
    send: (t: string, d: unknown) => {
      const guildId = concerned.safeParse(d).data?.guild_id ?? null;
      for (const session of sessions.values()) {
        const isWanted = t !== 'MESSAGE_CREATE' || (session.intents & guildMessages) !== 0;
        if (isWanted && isFor(session.shard, guildId)) emit(session, t, d);
      }
    },
    isConnected: () => [...sessions.values()].some(({ socket }) => socket !== null),
    /** Cuts every connection, as the network does. Sessions can be resumed. */
    cut: () => {
      for (const socket of sockets.clients) socket.close(4000, 'Unknown error');
    },
    /** Ends every session. Clients must identify again. */
    invalidate: () => {
      sessions.clear();
      for (const socket of sockets.clients) socket.send(JSON.stringify({ op: 9, d: false }));
    },
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

const bot = (world: World) => ({
  id: world.applicationId,
  username: 'VidGenie',
  discriminator: '0',
  avatar: null,
  bot: true,
});

const ready = (world: World, guilds: Guild[], { id, shard }: Session, url: string) => ({
  v: 10,
  user: bot(world),
  session_id: id,
  resume_gateway_url: url,
  shard,
  guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
  application: { id: world.applicationId, flags: 0 },
});

export const guildCreate = (world: World, { id, name, tier, locale }: Guild) => {
  const channels = [...world.channels.values()].filter(({ guildId, type }) => guildId === id && type !== 11);
  return {
    id,
    name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: '800000000000000001',
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    emojis: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    max_members: 100,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: tier,
    nsfw_level: 0,
    preferred_locale: locale,
    public_updates_channel_id: null,
    premium_progress_bar_enabled: false,
    stickers: [],
    system_channel_id: channels[0]?.id ?? null,
    safety_alerts_channel_id: null,
    joined_at: '2026-01-01T00:00:00Z',
    large: false,
    unavailable: false,
    member_count: 1,
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    threads: [],
    roles: [
      {
        id,
        name: '@everyone',
        color: 0,
        hoist: false,
        position: 0,
        managed: false,
        mentionable: false,
        flags: 0,
        permissions: String(channels[0]?.botPermissions ?? 0n),
      },
    ],
    channels: channels.map((channel) => ({
      id: channel.id,
      type: channel.type,
      name: channel.name,
      position: 0,
      permission_overwrites: [],
      nsfw: false,
    })),
    members: [{ user: bot(world), roles: [], joined_at: '2026-01-01T00:00:00Z', deaf: false, mute: false, flags: 0 }],
  };
};
