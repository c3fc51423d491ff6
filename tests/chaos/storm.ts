import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Ground } from './ground.ts';
import type { Random } from './random.ts';

export type Injected = ReadonlyMap<string, number>;

type Options = {
  ground: Ground;
  fleet: Fleet;
  random: Random;
  stormMs: number;
  /** The storm goes on until so many workers were killed, or until it could not do so within `patienceMs`. */
  leastKills: number;
  patienceMs: number;
  visibilityMs: number;
  seats: number;
  signal: AbortSignal;
};

/** Causes faults for as long as the storm lasts, each kind with a timer of its own. Then it repairs everything. */
export async function storm({
  ground,
  fleet,
  random,
  stormMs,
  leastKills,
  patienceMs,
  visibilityMs,
  seats,
  signal,
}: Options): Promise<Injected> {
  const injected = new Map<string, number>();
  const calm = new AbortController();
  const { proxies, redis, discord, vendors, s3, disk } = ground;
  const note = (what: string) => injected.set(what, (injected.get(what) ?? 0) + 1);
  /** Strikes about every `everyMs`, at least once, at times that depend only on the seed. */
  const every = async (name: string, everyMs: number, strike: (chance: Random) => Promise<void> | void) => {
    const chance = random.fork(name);
    // Each kind strikes at least once, however short the storm is.
    const paceMs = Math.min(everyMs, stormMs / 3);
    while (!calm.signal.aborted) {
      await pause(paceMs * (0.5 + chance.next()), undefined, { signal: calm.signal }).catch(() => {});
      if (calm.signal.aborted) return;
      note(name);
      await strike(chance);
    }
  };

  const weather = Object.entries(proxies).flatMap(([name, proxy]) => [
    every(`${name}: connections reset`, 9_000, () => proxy.reset()),
    every(`${name}: cut off for a while`, 25_000, async (chance) => {
      proxy.turn('cut');
      await pause(chance.between(300, 1_500));
      proxy.turn('fine');
    }),
    every(`${name}: everything swallowed for a while`, 25_000, async (chance) => {
      proxy.turn('blackhole');
      await pause(chance.between(500, visibilityMs + 500));
      proxy.turn('fine');
    }),
    every(`${name}: answers swallowed for a while`, 30_000, async (chance) => {
      proxy.turn('mute');
      await pause(chance.between(200, 1_500));
      proxy.reset();
      proxy.turn('fine');
    }),
    every(`${name}: slow for a while`, 20_000, async (chance) => {
      proxy.delay(chance.between(20, 150));
      await pause(chance.between(1_000, 3_000));
      proxy.delay(0);
    }),
    every(`${name}: connections half open`, 45_000, () => proxy.halfOpen()),
  ]);

  vendors.misbehave(0.06);
  const storms = [
    ...weather,
    every('worker killed from outside', 1_600, (chance) => fleet.kill(chance.between(0, seats - 1))),
    every('worker stopped beyond its visibility', 12_000, (chance) =>
      fleet.freeze(chance.between(0, seats - 1), visibilityMs + chance.between(500, 2_000)),
    ),
    every('database stopped at once', 40_000, () => ground.stopDatabase()),
    every('database: every connection taken for a while', 25_000, async (chance) => {
      const giveBack = await ground.takeConnections();
      await pause(chance.between(300, 1_500));
      await giveBack();
    }),
    every('store: narrow for a while', 20_000, async (chance) => {
      proxies.store.narrow(chance.between(5_000, 50_000));
      await pause(chance.between(1_000, 3_000));
      proxies.store.narrow(null);
    }),
    ...(disk
      ? [
          every('disk full for a while', 20_000, async (chance) => {
            await disk.fill();
            await pause(chance.between(500, 4_000));
            await disk.clear();
          }),
        ]
      : []),
    every('chat: 429', 1_500, () => {
      const answer = { status: 429, body: { message: 'slow', retry_after: 0.3 }, headers: { 'retry-after': '1' } };
      discord.faults.push({ path: /./, times: 2, answer });
    }),
    every('chat: 500', 2_500, () => {
      discord.faults.push({ path: /./, times: 2, answer: { status: 500, body: { message: 'broken' } } });
    }),
    every('chat: answer lost', 1_000, () => {
      discord.faults.push({ method: 'POST', path: /\/messages$/, times: 1, losesAnswer: true });
    }),
    every('chat: thread deleted', 6_000, (chance) => removeThread(ground, chance)),
    every('chat: channel deleted', 15_000, (chance) => removeChannel(ground, chance)),
    every('store: 503 for a while', 20_000, async (chance) => {
      s3.fault = 503;
      await pause(chance.between(500, 3_000));
      s3.fault = null;
    }),
    ...(redis
      ? [
          every('Redis: FLUSHALL', 8_000, redis.flush),
          every('Redis: memory full for a while', 15_000, async (chance) => {
            await redis.limitMemory(1);
            await pause(chance.between(300, 2_000));
            await redis.limitMemory(0);
          }),
          every('Redis: killed and started again, empty', 20_000, async (chance) => {
            await redis.kill();
            await pause(chance.between(100, 1_500));
            await redis.start();
          }),
        ]
      : []),
  ];
  await pause(stormMs, undefined, { signal }).catch(() => {});
  const giveUpAt = Date.now() + patienceMs;
  while (fleet.kills() < leastKills && Date.now() < giveUpAt && !signal.aborted) await pause(250);
  calm.abort();
  await Promise.all(storms);
  vendors.misbehave(0);
  discord.faults.splice(0);
  for (const proxy of Object.values(proxies)) {
    proxy.turn('fine');
    proxy.delay(0);
    proxy.reset();
  }
  for (const [name, times] of vendors.misdeeds) injected.set(`vendor: ${name}`, times);
  return injected;
}

function removeThread(ground: Ground, chance: Random): void {
  const { world } = ground.discord;
  const threads = [...world.channels.values()].filter(({ parentId }) => parentId !== null);
  const doomed = threads[chance.between(0, Math.max(0, threads.length - 1))];
  if (doomed) remove(ground, doomed.id);
}

function removeChannel(ground: Ground, chance: Random): void {
  const { world } = ground.discord;
  const channels = [...world.channels.values()].filter(({ parentId }) => parentId === null);
  const doomed = channels[chance.between(0, Math.max(0, channels.length - 1))];
  if (!doomed) return;
  for (const channel of world.channels.values()) if (channel.parentId === doomed.id) remove(ground, channel.id);
  remove(ground, doomed.id);
}

/** Deletes a channel with everything in it. */
function remove({ removed, discord: { world } }: Ground, id: string): void {
  removed.add(id);
  world.channels.delete(id);
  for (const message of world.messages.values()) if (message.channelId === id) world.messages.delete(message.id);
}
