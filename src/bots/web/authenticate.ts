import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { findSession, findToken } from '../../db/auth.ts';
import type { Workspace } from '../../db/workspaces.ts';
import type { Member, TokenScope } from '../../domain.ts';
import { incomingOf } from '../http.ts';
import { type Locale, localeOf, locales, textOf } from '../text.ts';
import type { LocalPerson, WebDeps } from './deps.ts';
import { paceHeaders } from './limits.ts';
import { type Problem, problem } from './problem.ts';

/** The sender of an HTTP request: a program with a token, a member with a session, or the person at this machine. */
export type Caller = {
  workspace: Workspace;
  member: Member;
  scope: TokenScope;
  by: 'token' | 'session' | 'local';
  adminUntil: Date | null;
  expiresAt: Date | null;
  /** The channels that count as the caller's when they start a run. Undefined: channel rules do not apply to them. */
  channelIds: readonly string[] | undefined;
  locale: Locale;
};

export type Admission = { outcome: 'in'; caller: Caller } | { outcome: 'out'; problem: Problem };

/** Identifies the caller, before anything else in the request is read. */
export async function admit(deps: WebDeps, context: Context): Promise<Admission> {
  const bearer = /^Bearer +(\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  if (bearer !== undefined) return await admitToken(deps, context, bearer);
  if (deps.local) return admitLocal(deps.local, deps, context);
  return await admitSession(deps, context);
}

const localeAsked = (context: Context): Locale => localeOf(context.req.header('accept-language') ?? 'en');

async function admitToken(deps: WebDeps, context: Context, words: string): Promise<Admission> {
  const locale = localeAsked(context);
  const found = await findToken(deps.services.db, words);
  if (!found) return await strangers(deps, context, 'bad_token', locale);
  const { token, workspace } = found;
  const member = { id: `token:${token.id}`, name: token.label, isAdmin: token.scope !== 'member' };
  // A member's token belongs to no channel, so it starts no run where admins have chosen some. An admin is exempt from that
  // choice.
  const channelIds = member.isAdmin ? undefined : [];
  const rest = { by: 'token', adminUntil: null, expiresAt: null, channelIds, locale } as const;
  return { outcome: 'in', caller: { workspace, member, scope: token.scope, ...rest } };
}

async function admitSession(deps: WebDeps, context: Context): Promise<Admission> {
  const words = sessionWords(deps, context);
  const session = words === undefined ? null : await findSession(deps.services.db, words);
  if (!session) {
    if (words !== undefined) return await strangers(deps, context, 'signed_out', localeAsked(context));
    const text = textOf(localeAsked(context));
    return { outcome: 'out', problem: problem('signed_out', text, { headers: challenge }) };
  }
  const locale = locales.find((one) => one === session.locale) ?? 'en';
  if (!isOwnPage(context, ownOrigin(deps, context))) {
    return { outcome: 'out', problem: problem('foreign_origin', textOf(locale)) };
  }
  const scope = session.member.isAdmin ? 'admin' : 'member';
  const channelIds = session.channelIds ?? undefined;
  return { outcome: 'in', caller: { ...session, scope, by: 'session', channelIds, locale } };
}

/**
 * Admits a caller without a sign-in. They must be on this machine and use this page. Host and Origin reveal a page from
 * elsewhere, even one whose name suddenly points here (DNS rebinding). A proxy before us would make every caller local, so none
 * may be there.
 */
function admitLocal(local: LocalPerson, deps: WebDeps, context: Context): Admission {
  const locale = localeAsked(context);
  const address = incomingOf(context).socket.remoteAddress ?? '';
  const host = context.req.header('host') ?? '';
  const isProxied = ['forwarded', 'x-forwarded-for', 'x-forwarded-host'].some((name) => context.req.header(name));
  const isHere = /^(127\.|::1$|::ffff:127\.)/.test(address) && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
  if (!isHere || isProxied) return { outcome: 'out', problem: problem('not_local', textOf(locale)) };
  const site = context.req.header('sec-fetch-site') ?? 'none';
  if (!['same-origin', 'none'].includes(site) || !isOwnPage(context, ownOrigin(deps, context))) {
    return { outcome: 'out', problem: problem('foreign_origin', textOf(locale)) };
  }
  const rest = {
    scope: 'operator',
    by: 'local',
    adminUntil: null,
    expiresAt: null,
    channelIds: undefined,
    locale,
  } as const;
  return { outcome: 'in', caller: { ...local, ...rest } };
}

/** Slows down guessing. It never delays a caller with a valid token or session. */
async function strangers(
  deps: WebDeps,
  context: Context,
  reason: 'bad_token' | 'signed_out',
  locale: Locale,
): Promise<Admission> {
  const taken = await deps.take('failure', incomingOf(context).socket.remoteAddress ?? 'unknown');
  const text = textOf(locale);
  if (!taken.allowed) return { outcome: 'out', problem: problem('too_fast', text, { headers: paceHeaders(taken) }) };
  return { outcome: 'out', problem: problem(reason, text, { headers: challenge }) };
}

const challenge = { 'www-authenticate': 'Bearer realm="VidGenie"' };

/** The page's own origin. */
export const ownOrigin = ({ publicUrl, local }: WebDeps, context: Context): string =>
  publicUrl === null || local ? `http://${context.req.header('host') ?? ''}` : new URL(publicUrl).origin;

/**
 * Returns true if a request that changes something comes from our own page. Browsers state this in headers that no other page can
 * set for them. Without either header we cannot tell, and the answer is false.
 */
export function isOwnPage(context: Context, origin: string): boolean {
  if (context.req.method === 'GET' || context.req.method === 'HEAD') return true;
  const said = context.req.header('origin');
  return said === undefined ? context.req.header('sec-fetch-site') === 'same-origin' : said === origin;
}

/** `__Host-` binds the cookie to this exact host over TLS. An installation without TLS gets a plain name. */
export const cookieName = ({ publicUrl }: WebDeps): string =>
  publicUrl?.startsWith('https:') ? '__Host-vidgenie' : 'vidgenie';

export const sessionWords = (deps: WebDeps, context: Context): string | undefined =>
  getCookie(context, cookieName(deps));
