import type { Db } from '../db/client.ts';
import { noteMissedHook, vendorsHeard } from '../db/hooks.ts';
import type { Keyring } from '../db/keyring.ts';
import { Secret } from '../db/secret.ts';
import type { Vendor } from '../domain.ts';
import type { Logger } from '../observability/log.ts';
import { createHookTokens, type HookedStep } from './hookTokens.ts';

/**
 * Hooks are calls with which vendors say that a step is over. They are hints: a poll decides. This is what a worker does about them; the
 * bots take them (`src/bots/web/hooks.ts`).
 */
export type Hooks = {
  /** The address that the vendor may call about a step. Null: VidGenie asks for no hooks. */
  addressOf: (vendor: Vendor, at: HookedStep) => Secret | null;
  /**
   * Whether hooks of the vendor arrive, by what this process has read last. Only then is it asked rarely. It answers at once, because the
   * end of a turn does not wait for anything, and reads anew for the next question.
   */
  areHeard: (vendor: Vendor) => boolean;
  /** Reads which vendors are heard, unless that was a moment ago. False for all while the database cannot say. */
  listen: () => Promise<void>;
  /** The vendor did not take a request because of its hook. This process then asks for none for an hour. */
  noteRefused: (vendor: Vendor) => void;
  /** The step is over, and no hook has said so. */
  noteMissed: (vendor: Vendor, at: HookedStep) => Promise<void>;
};

/** In milliseconds. How long a process believes what it has read about hooks. */
const freshMs = 10_000;
const refusedForMs = 3_600_000;

type Needs = {
  db: Db;
  keyring: Keyring;
  log: Logger;
  /** The public address that vendors reach, without a slash at its end. Null: there is none, or hooks are off. */
  address: string | null;
  now: () => Date;
};

export function createHooks({ db, keyring, log, address, now }: Needs): Hooks {
  const tokens = createHookTokens(keyring);
  const refusedAt = new Map<Vendor, number>();
  let heard: ReadonlySet<string> = new Set();
  let reading: { at: number; over: Promise<void> } | null = null;
  const read = async () => {
    heard = await vendorsHeard(db).catch(() => new Set<string>());
  };
  const listen = () => {
    const at = now().getTime();
    if (!reading || at - reading.at >= freshMs) reading = { at, over: read() };
    return reading.over;
  };
  if (address !== null) void listen();
  return {
    addressOf: (vendor, at) => {
      const refused = now().getTime() - (refusedAt.get(vendor) ?? Number.NEGATIVE_INFINITY) < refusedForMs;
      if (address === null || refused) return null;
      return new Secret(`${address}/hooks/${vendor}/${tokens.make(vendor, at)}`);
    },
    listen,
    areHeard: (vendor) => {
      void listen();
      return heard.has(vendor);
    },
    noteRefused: (vendor) => {
      refusedAt.set(vendor, now().getTime());
      log.warn({ vendor }, 'the vendor takes requests only without a webhook; it is polled');
    },
    noteMissed: (vendor, at) => noteMissedHook(db, vendor, at),
  };
}
