import type { TurnLog } from '../../pipeline/turn.ts';
import type { Services } from '../services.ts';
import type { LocalPerson } from './caller.ts';
import type { TakePace } from './limits.ts';
import type { MediaLinks } from './links.ts';
import type { Streams } from './sse.ts';

/** What the web face works with. */
export type WebDeps = {
  services: Services;
  log: TurnLog;
  /** Where people find this installation, without a slash at its end; null: only where it listens. */
  publicUrl: string | null;
  /** Who is let in without a sign-in, when there is no chat platform; null: nobody is. */
  local: LocalPerson | null;
  links: MediaLinks;
  take: TakePace;
  streams: Streams;
  /** Aborted when the program stops: streams end. */
  stopping: AbortSignal;
};
