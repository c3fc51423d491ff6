import { createHash, randomBytes } from 'node:crypto';
import { and, desc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import type { Member, TokenScope, WorkspaceId } from '../domain.ts';
import { type Actor, recordChange } from './audit.ts';
import type { Tx } from './client.ts';
import { apiTokens, webLinks, webSessions, workspaces } from './schema.ts';
import type { Workspace } from './workspaces.ts';

/**
 * 256 random bits. VidGenie shows a secret once and stores only its hash. A fast hash is enough, because nobody can guess 256
 * random bits.
 */
const newSecret = () => randomBytes(32).toString('hex');
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

export const linkMinutes = 10;
const sessionHours = 12;
/** In hours. A platform does not tell us when a member loses admin rights, so we believe its word for no longer than this. */
const adminHours = 1;

// Tokens.

const tokenBeginning = 'vg_';

export type ApiToken = Omit<typeof apiTokens.$inferSelect, 'hash'>;

const shownOfToken = {
  id: apiTokens.id,
  workspaceId: apiTokens.workspaceId,
  scope: apiTokens.scope,
  label: apiTokens.label,
  lastFour: apiTokens.lastFour,
  createdBy: apiTokens.createdBy,
  createdAt: apiTokens.createdAt,
  lastUsedAt: apiTokens.lastUsedAt,
  revokedAt: apiTokens.revokedAt,
};

/** Makes a token. The secret is in the answer and nowhere else. */
export async function createToken(
  tx: Tx,
  wish: { workspaceId: WorkspaceId; scope: TokenScope; label: string; createdBy: string },
): Promise<{ token: ApiToken; words: string }> {
  const words = `${tokenBeginning}${newSecret()}`;
  return await tx.transaction(async (inner) => {
    const [token] = await inner
      .insert(apiTokens)
      .values({ ...wish, hash: hashOf(words), lastFour: words.slice(-4) })
      .returning(shownOfToken);
    if (!token) throw new Error('a token was not written');
    await recordToken(inner, 'token_created', token, wish.createdBy);
    return { token, words };
  });
}

/** Finds a token by its secret, with its workspace. Null if there is no such token or it is revoked. */
export async function findToken(tx: Tx, words: string): Promise<{ token: ApiToken; workspace: Workspace } | null> {
  if (!words.startsWith(tokenBeginning)) return null;
  const [row] = await tx
    .select({ token: shownOfToken, workspace: shownOfWorkspace })
    .from(apiTokens)
    .innerJoin(workspaces, eq(workspaces.id, apiTokens.workspaceId))
    .where(and(eq(apiTokens.hash, hashOf(words)), isNull(apiTokens.revokedAt)));
  if (!row) return null;
  // Once a minute is enough to tell a token in use from a forgotten one.
  await tx
    .update(apiTokens)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(apiTokens.id, row.token.id),
        or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, sql`now() - interval '1 minute'`)),
      ),
    );
  return row;
}

/** The tokens of a workspace that are not revoked, newest first. */
export async function listTokens(tx: Tx, workspaceId: WorkspaceId): Promise<ApiToken[]> {
  return await tx
    .select(shownOfToken)
    .from(apiTokens)
    .where(and(eq(apiTokens.workspaceId, workspaceId), isNull(apiTokens.revokedAt)))
    .orderBy(desc(apiTokens.createdAt));
}

/** Revokes a workspace's token. `reference` is the beginning of its id. Null unless exactly one token matches. */
export async function revokeToken(
  tx: Tx,
  workspaceId: WorkspaceId,
  reference: string,
  by: Actor = null,
): Promise<ApiToken | null> {
  if (!/^[0-9a-f-]{4,36}$/i.test(reference)) return null;
  const open = await listTokens(tx, workspaceId);
  const [token, another] = open.filter(({ id }) => id.startsWith(reference.toLowerCase()));
  if (!token || another) return null;
  return await tx.transaction(async (inner) => {
    const [revoked] = await inner
      .update(apiTokens)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(apiTokens.id, token.id), isNull(apiTokens.revokedAt)))
      .returning({ id: apiTokens.id });
    if (revoked) await recordToken(inner, 'token_revoked', token, by);
    return token;
  });
}

/** The label stays out of the audit, because a purge deletes it. */
const recordToken = (tx: Tx, action: 'token_created' | 'token_revoked', token: ApiToken, actor: Actor) =>
  recordChange(tx, {
    workspaceId: token.workspaceId,
    action,
    actor,
    subject: token.id,
    details: { scope: token.scope, lastFour: token.lastFour },
  });

// One-time links and the sessions that they open.

export type Visitor = {
  workspaceId: WorkspaceId;
  member: Pick<Member, 'id' | 'name' | 'isAdmin'>;
  /** The channel in which the member asked for the link, and the channels it belongs to. Null on a platform without channels. */
  channelIds: readonly string[] | null;
  locale: string;
};

/** Makes a link's secret. It works once, for {@link linkMinutes} minutes. */
export async function createLink(tx: Tx, { workspaceId, member, channelIds, locale }: Visitor): Promise<string> {
  const secret = newSecret();
  await tx.delete(webLinks).where(lt(webLinks.expiresAt, sql`now() - interval '1 day'`));
  await tx.insert(webLinks).values({
    hash: hashOf(secret),
    workspaceId,
    memberId: member.id,
    memberName: member.name,
    isAdmin: member.isAdmin,
    channelIds: channelIds && [...channelIds],
    locale,
    expiresAt: sql`now() + make_interval(mins => ${linkMinutes})`,
  });
  return secret;
}

/** Consumes a link and opens a session: both or neither. Null if the link is unknown, used or expired. */
export async function openSession(tx: Tx, linkSecret: string): Promise<{ words: string; seconds: number } | null> {
  const words = newSecret();
  return await tx.transaction(async (inner) => {
    const [link] = await inner
      .update(webLinks)
      .set({ consumedAt: sql`now()` })
      .where(
        and(eq(webLinks.hash, hashOf(linkSecret)), isNull(webLinks.consumedAt), gt(webLinks.expiresAt, sql`now()`)),
      )
      .returning();
    if (!link) return null;
    const { workspaceId, memberId, memberName, channelIds, locale } = link;
    await inner.delete(webSessions).where(lt(webSessions.expiresAt, sql`now()`));
    await inner.insert(webSessions).values({
      hash: hashOf(words),
      workspaceId,
      memberId,
      memberName,
      channelIds,
      locale,
      adminUntil: link.isAdmin ? sql`now() + make_interval(hours => ${adminHours})` : null,
      expiresAt: sql`now() + make_interval(hours => ${sessionHours})`,
    });
    return { words, seconds: sessionHours * 3_600 };
  });
}

export type Session = {
  workspace: Workspace;
  member: Member;
  adminUntil: Date | null;
  expiresAt: Date;
  /** The channels in which the link was given. Null on a platform without channels. */
  channelIds: readonly string[] | null;
  locale: string;
};

/**
 * Finds a session by the secret in a browser's cookie. Null if there is none or it has expired. `isAdmin` is true only while
 * `adminUntil` is in the future.
 */
export async function findSession(tx: Tx, words: string): Promise<Session | null> {
  const [row] = await tx
    .select({
      workspace: shownOfWorkspace,
      session: webSessions,
      isAdmin: sql<boolean>`coalesce(${webSessions.adminUntil} > now(), false)`,
    })
    .from(webSessions)
    .innerJoin(workspaces, eq(workspaces.id, webSessions.workspaceId))
    .where(and(eq(webSessions.hash, hashOf(words)), gt(webSessions.expiresAt, sql`now()`)));
  if (!row) return null;
  const { memberId, memberName, adminUntil, expiresAt, channelIds, locale } = row.session;
  const member = { id: memberId, name: memberName, isAdmin: row.isAdmin };
  return { workspace: row.workspace, member, adminUntil, expiresAt, channelIds, locale };
}

export async function endSession(tx: Tx, words: string): Promise<void> {
  await tx.delete(webSessions).where(eq(webSessions.hash, hashOf(words)));
}

/**
 * Ends every access on behalf of a workspace that removed the bot or is purged: deletes its links and sessions, revokes its
 * tokens.
 */
export async function closeAccess(tx: Tx, workspaceId: WorkspaceId): Promise<void> {
  await tx.delete(webLinks).where(eq(webLinks.workspaceId, workspaceId));
  await tx.delete(webSessions).where(eq(webSessions.workspaceId, workspaceId));
  await tx
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiTokens.workspaceId, workspaceId), isNull(apiTokens.revokedAt)));
}

const shownOfWorkspace = { id: workspaces.id, platform: workspaces.platform, name: workspaces.name };
