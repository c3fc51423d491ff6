import { and, desc, eq, gte, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { JsonValue, WorkspaceId } from '../domain.ts';
import type { Tx } from './client.ts';
import { type AuditAction, adminAudit, apiTokens, castEntries, creditTransactions } from './schema.ts';

/** The author of a change: a member's id, `token:` and the id of an API token, or `local` for the operator. Null: VidGenie itself. */
export type Actor = string | null;

export type AuditEntry = {
  workspaceId: WorkspaceId;
  action: AuditAction;
  actor: Actor;
  subject?: string;
  details?: Record<string, JsonValue>;
};

/**
 * Appends to the audit. Call it in the transaction that makes the change. The details must contain no secret and nothing that
 * members wrote, because nobody can delete them.
 */
export async function recordChange(tx: Tx, { subject, details, ...entry }: AuditEntry): Promise<void> {
  await tx
    .insert(adminAudit)
    .values({ ...entry, subject: subject ?? null, details: details ?? {} })
    .onConflictDoNothing();
}

/** The newest entry that says that a workspace removed the bot or was purged. Null if there is none. */
export async function lastRemoval(
  tx: Tx,
  workspaceId: WorkspaceId,
): Promise<{ id: number; action: AuditAction } | null> {
  const [newest] = await tx
    .select({ id: adminAudit.id, action: adminAudit.action })
    .from(adminAudit)
    .where(
      and(eq(adminAudit.workspaceId, workspaceId), inArray(adminAudit.action, ['bot_removed', 'workspace_purged'])),
    )
    .orderBy(desc(adminAudit.id))
    .limit(1);
  return newest ?? null;
}

export type AuditFilter = {
  workspaceId?: WorkspaceId;
  /** An actor as it is stored, or the beginning of one that is a token. */
  actor?: Actor;
  action?: AuditAction;
  since?: Date;
  /** The id of the last entry of the previous page. */
  before?: number;
  limit: number;
};

/**
 * The changes of all workspaces or of one, newest first. The labels of tokens, the names of the cast and the notes of the ledger come
 * from where they are kept, so a purge that removes them there removes them from here too.
 */
export async function listChanges(tx: Tx, { workspaceId, actor, action, since, before, limit }: AuditFilter) {
  const { id, createdAt } = adminAudit;
  return await tx
    .select({
      id,
      at: createdAt,
      workspace: adminAudit.workspaceId,
      action: adminAudit.action,
      actor: adminAudit.actor,
      actorLabel: sql<string>`coalesce((SELECT t.label FROM ${apiTokens} t
        WHERE t.id = CASE WHEN admin_audit.actor LIKE 'token:%' THEN substr(admin_audit.actor, 7)::uuid END), '')`,
      subject: adminAudit.subject,
      subjectName: sql<string>`coalesce(
        (SELECT t.label FROM ${apiTokens} t
         WHERE t.id = CASE WHEN admin_audit.action LIKE 'token%' THEN admin_audit.subject::uuid END),
        (SELECT c.name FROM ${castEntries} c
         WHERE c.id = CASE admin_audit.action WHEN 'cast_removed' THEN admin_audit.subject::uuid END),
        (SELECT l.note FROM ${creditTransactions} l
         WHERE l.idempotency_key = CASE WHEN admin_audit.action LIKE 'credits%' THEN admin_audit.subject END), '')`,
      details: adminAudit.details,
    })
    .from(adminAudit)
    .where(
      and(
        workspaceId && eq(adminAudit.workspaceId, workspaceId),
        actor === undefined ? undefined : isActor(actor),
        action && eq(adminAudit.action, action),
        since && gte(createdAt, since),
        before === undefined
          ? undefined
          : sql`(${createdAt}, ${id}) < (SELECT p.created_at, p.id FROM admin_audit p WHERE p.id = ${before})`,
      ),
    )
    .orderBy(desc(createdAt), desc(id))
    .limit(limit);
}

function isActor(actor: Actor): SQL {
  if (actor === null) return isNull(adminAudit.actor);
  return actor.startsWith('token:') ? sql`starts_with(${adminAudit.actor}, ${actor})` : eq(adminAudit.actor, actor);
}

export type ListedChange = Awaited<ReturnType<typeof listChanges>>[number];
