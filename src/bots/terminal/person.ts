import { randomUUID } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Workspace } from '../../db/workspaces.ts';
import { type Member, workspaceId } from '../../domain.ts';
import type { CommandRequest } from '../commands/request.ts';
import type { Services } from '../services.ts';
import { type Locale, localeOf, textOf } from '../text.ts';

/** As POSIX orders them; `C` and what we do not speak is English. */
const { LC_ALL, LC_MESSAGES, LANG } = process.env;
const locale: Locale = localeOf(LC_ALL || LC_MESSAGES || LANG || 'en');

export const text = textOf(locale);

/** Everybody who can use this home's terminal shares one workspace. */
export const workspace: Workspace = {
  id: workspaceId.parse('terminal:local'),
  platform: 'terminal',
  name: text.terminal.workspaceName,
};

/** Who sits here, as the operating system has it. Whoever can run the program here could as well read its files: an admin. */
export const member: Member = { id: 'local', name: userName(), isAdmin: true };

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user id that has no name.
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

/** One request for one command typed, with a key of its own: typing it twice means it twice. */
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

/** A file as people name it, or drop it on a terminal. */
const pathOf = (reference: string): string =>
  resolve(reference.replace(/^file:\/\//, '').replace(/^~(?=\/|$)/, homedir()));
