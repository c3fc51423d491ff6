import type { Workspace } from '../../db/workspaces.ts';
import type { Member } from '../../domain.ts';
import type { Logger } from '../../observability/log.ts';
import type { Services } from '../services.ts';
import type { ConsumeRateLimit } from './limits.ts';
import type { MediaLinks } from './links.ts';
import type { Streams } from './sse.ts';

/** What the web platform works with. */
export type WebDeps = {
  services: Services;
  log: Logger;
  /** Where people find this installation, without a slash at its end; null: only where it listens. */
  publicUrl: string | null;
  /** Who is let in without a sign-in, when there is no chat platform; null: nobody is. */
  local: LocalPerson | null;
  links: MediaLinks;
  take: ConsumeRateLimit;
  streams: Streams;
  /** Aborted when the program stops: streams end. */
  stopping: AbortSignal;
};

/**
 * Whoever sits at this machine when there is no chat platform to vouch for anybody. It is their installation: what its commands let
 * them do from a shell, such as granting credits, they may do here.
 */
export type LocalPerson = { workspace: Workspace; member: Member };
