import { deleteCookie } from 'hono/cookie';
import { endSession } from '../../../db/auth.ts';
import { cookieName, sessionWords } from '../authenticate.ts';
import { session, signedOut } from '../contract/session.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';

const read = endpoint({
  method: 'get',
  path: '/api/session',
  access: 'member',
  summary: 'Who asks, and what they may do',
  given: nothing,
  answers: { 200: session },
  answer: async ({ caller }) => {
    const { workspace, member, scope, by, adminUntil, expiresAt, locale } = caller;
    return {
      status: 200,
      body: {
        workspace: { id: workspace.id, name: workspace.name, platform: workspace.platform },
        member: { id: member.id, name: member.name },
        scope,
        by,
        locale,
        adminUntil: adminUntil?.toISOString() ?? null,
        expiresAt: expiresAt?.toISOString() ?? null,
      },
    };
  },
});

const end = endpoint({
  method: 'delete',
  path: '/api/session',
  access: 'member',
  summary: 'Sign out in this browser',
  given: nothing,
  answers: { 200: signedOut },
  answer: async ({ deps, context }) => {
    const words = sessionWords(deps, context);
    if (words !== undefined) await endSession(deps.services.db, words);
    const name = cookieName(deps);
    deleteCookie(context, name, { path: '/', secure: name.startsWith('__Host-'), httpOnly: true, sameSite: 'Strict' });
    return context.json({ success: true });
  },
});

export const sessionEndpoints: readonly Endpoint[] = [read, end];
