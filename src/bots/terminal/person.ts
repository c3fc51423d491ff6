import { randomUUID } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Workspace } from '../../db/workspaces.ts';
import { type Member, workspaceId } from '../../domain.ts';
import type { CommandRequest } from '../commands/request.ts';
import type { Services } from '../services.ts';
import { type Locale, localeOf, textOf } from '../text.ts';

/** We check them in the order that POSIX gives. `C`, and every language that we do not have, means English. */
const { LC_ALL, LC_MESSAGES, LANG } = process.env;
const locale: Locale = localeOf(LC_ALL || LC_MESSAGES || LANG || 'en');

export const text = textOf(locale);

/** Everybody who can use this home's terminal shares one workspace. */
export const workspace: Workspace = {
  id: workspaceId.parse('terminal:local'),
  platform: 'terminal',
  name: text.terminal.workspaceName,
};

/**
 * The person at this terminal, by their name in the operating system. They can run the program, so they could also read its
 * files: an admin.
 */
export const member: Member = { id: 'local', name: userName(), isAdmin: true };

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run with a user id that has no name.
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

/** One request for one typed command, with a key of its own: a command that is typed twice runs twice. */
export const createRequest = (services: Services, signal: AbortSignal): CommandRequest => ({
  services,
  workspace,
  member,
  requestKey: `terminal:${randomUUID()}`,
  conversation: {},
  locale,
  openImage: async (reference) => pathOf(reference),
  signal,
});

/** A file as people type it, or as a terminal writes it when they drop it there. */
const pathOf = (reference: string): string =>
  resolve(reference.replace(/^file:\/\//, '').replace(/^~(?=\/|$)/, homedir()));
