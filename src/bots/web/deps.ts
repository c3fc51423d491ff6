import type { Workspace } from '../../db/workspaces.ts';
import type { Member } from '../../domain.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import type { ConsumeRateLimit } from './limits.ts';
import type { MediaLinks } from './links.ts';
import type { Streams } from './sse.ts';

/** The parts that the web's endpoints share. */
export type WebDeps = {
  services: Services;
  log: Logger;
  /** The public address of this installation, without a slash at its end. Null: it is reachable only where it listens. */
  publicUrl: string | null;
  /** The person admitted without a sign-in, if there is no chat platform. Null: nobody is. */
  local: LocalPerson | null;
  links: MediaLinks;
  take: ConsumeRateLimit;
  streams: Streams;
  /** Aborted when the program stops, so that streams end. */
  stopping: AbortSignal;
};

/**
 * The person at this machine, if no chat platform can vouch for anybody. The installation is theirs. So they may do here what its
 * commands let them do from a shell, such as granting credits.
 */
export type LocalPerson = { workspace: Workspace; member: Member };
