import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { savePostedMessages } from '../db/turns.ts';
import type { TurnLease } from '../db/turnWrite.ts';
import type { JsonValue } from '../domain.ts';

/** In milliseconds. The pause before a save is repeated. */
const pauseMs = 250;

/**
 * Saves what a run has posted. Only this process knows the id of a message that it posted just now, and a run without that id posts the
 * message again. So the save is repeated while the database is away, until `signal` ends. That is safe, even if only the answer was
 * lost: the statement writes the same keys again, and it writes nothing once another worker has the run.
 */
export async function savePosted(db: Db, lease: TurnLease, posted: JsonValue, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await savePostedMessages(db, lease, posted);
    } catch (error) {
      if (!isDatabaseAway(error) || signal.aborted) throw error;
    }
    await delay(pauseMs);
  }
}
