import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import {
  type EnhancedPrompt,
  type Failure,
  type JsonValue,
  type KeySource,
  platforms,
  type RunId,
  type RunOptions,
  runStates,
  type StepKind,
  stepKinds,
  stepStates,
  type TokenScope,
  transactionKinds,
  vendors,
  type WorkspaceId,
  workflows,
} from '../domain.ts';

export const workflowType = pgEnum('workflow', workflows);
export const runStateType = pgEnum('run_state', runStates);
export const stepKindType = pgEnum('step_kind', stepKinds);
export const stepStateType = pgEnum('step_state', stepStates);
export const transactionKindType = pgEnum('transaction_kind', transactionKinds);
export const platformType = pgEnum('platform', platforms);
export const mediaKindType = pgEnum('media_kind', ['image', 'video']);

const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const workspaces = pgTable('workspaces', {
  id: text('id').$type<WorkspaceId>().primaryKey(),
  platform: platformType('platform').notNull(),
  name: text('name').notNull(),
  settings: jsonb('settings').notNull().default({}),
  /** The month (`2026-11`) for which the free credits were granted last. */
  toppedUpFor: text('topped_up_for').notNull().default(''),
  /** When a run of it was started last: of workspaces with as many runs at work, the one that waited longest is next. */
  servedAt: at('served_at'),
  createdAt: at('created_at').notNull().defaultNow(),
});

export const creditAccounts = pgTable(
  'credit_accounts',
  {
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .primaryKey()
      .references(() => workspaces.id),
    balance: integer('balance').notNull().default(0),
    held: integer('held').notNull().default(0),
  },
  (t) => [check('balance_not_negative', sql`${t.balance} >= 0`), check('held_not_negative', sql`${t.held} >= 0`)],
);

/** Append-only: UPDATE, DELETE and TRUNCATE are refused by triggers (see the migration `append_only_ledger`). */
export const creditTransactions = pgTable(
  'credit_transactions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => creditAccounts.workspaceId),
    runId: uuid('run_id').$type<RunId>(),
    kind: transactionKindType('kind').notNull(),
    amount: integer('amount').notNull(),
    balanceAfter: integer('balance_after').notNull(),
    heldAfter: integer('held_after').notNull(),
    idempotencyKey: text('idempotency_key').notNull().unique('credit_transactions_idempotency_key'),
    note: text('note').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    check(
      'amounts_are_positive',
      sql`${t.amount} > 0 OR ${t.kind} = 'adjust' OR (${t.kind} = 'hold' AND ${t.amount} = 0)`,
    ),
    check(
      'run_kinds_name_their_run',
      sql`(${t.kind} IN ('hold', 'capture', 'release', 'refund')) = (${t.runId} IS NOT NULL)`,
    ),
    index('credit_transactions_by_workspace').on(t.workspaceId, t.id),
    index('credit_transactions_by_run').on(t.runId),
  ],
);

export const runs = pgTable(
  'runs',
  {
    id: uuid('id').$type<RunId>().primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => creditAccounts.workspaceId),
    /** The platform's own identity of the command: however often it is delivered, there is one run. */
    requestKey: text('request_key').notNull().unique('runs_request_key'),
    memberId: text('member_id').notNull(),
    memberName: text('member_name').notNull(),
    workflow: workflowType('workflow').notNull(),
    prompt: text('prompt').notNull(),
    options: jsonb('options').$type<RunOptions>().notNull(),
    /** The platform by which the run was asked for, and speaks; null: its workspace's own. */
    platform: platformType('platform'),
    /** The place where the run posts. Only its platform reads this. */
    conversation: jsonb('conversation').$type<JsonValue>().notNull(),
    /** The ids of the messages that the run has posted. Only its platform reads this. */
    postedMessages: jsonb('posted_messages').$type<JsonValue>().notNull().default({}),
    state: runStateType('state').notNull().default('queued'),
    priceCredits: integer('price_credits').notNull(),
    capturedCredits: integer('captured_credits'),
    releasedCredits: integer('released_credits'),
    failure: jsonb('failure').$type<Failure>(),
    cancelRequestedAt: at('cancel_requested_at'),

    /** When somebody should look at this run next; null when nothing is left to do. */
    dueAt: at('due_at').default(sql`now()`),
    /** Counts the dispatches. Every write of a turn is a compare-and-set on it. */
    dispatch: integer('dispatch').notNull().default(0),
    /** The last dispatch that a worker took up: a job delivered twice finds its dispatch claimed. */
    claimed: integer('claimed').notNull().default(0),
    /** True while a worker takes a turn: whoever wants the run looked at then waits for the turn's end. */
    busy: boolean('busy').notNull().default(false),
    /** Turns in a row that came to nothing, killed ones included; any progress sets it to zero. */
    failedAttempts: integer('failed_attempts').notNull().default(0),

    createdAt: at('created_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    settledAt: at('settled_at'),
    deliveredAt: at('delivered_at'),
    /** Why the result could not be told where the run was asked for; `/vidgenie history` still has it. */
    deliveryFailure: jsonb('delivery_failure').$type<Failure>(),
    /**
     * The steps whose results nobody has received or can fetch, decided once: nothing shares them after, and their credits go back in
     * the statement that ends delivery. Null before delivery has ended, and for runs of older versions.
     */
    unreached: text('unreached').array().$type<StepKind[]>(),
    /** Since when its media are gone, at somebody's wish. The rows of its assets stay: they say what was paid for. */
    deletedAt: at('deleted_at'),
  },
  (t) => [
    check(
      'terminal_if_and_only_if_settled',
      sql`(${t.state} IN ('succeeded', 'failed', 'canceled')) = (${t.settledAt} IS NOT NULL)`,
    ),
    check(
      'settled_to_the_last_credit',
      sql`${t.settledAt} IS NULL OR (${t.capturedCredits} + ${t.releasedCredits} = ${t.priceCredits} AND ${t.capturedCredits} >= 0 AND ${t.releasedCredits} >= 0)`,
    ),
    check('prompt_is_bounded', sql`char_length(${t.prompt}) <= 4000`),
    check('deleted_after_settled', sql`${t.deletedAt} IS NULL OR ${t.settledAt} IS NOT NULL`),
    check('delivered_after_settled', sql`${t.deliveredAt} IS NULL OR ${t.settledAt} IS NOT NULL`),
    check('undelivered_stays_due', sql`${t.deliveredAt} IS NOT NULL OR ${t.dueAt} IS NOT NULL`),
    // Runs that wait to start, by workspace and age; other runs that are due; and the number of both for each member.
    index('runs_waiting')
      .on(t.workspaceId, t.createdAt, t.id)
      .where(sql`${t.state} = 'queued' AND ${t.cancelRequestedAt} IS NULL`),
    index('runs_due_going')
      .on(t.dueAt)
      .where(sql`(${t.state} <> 'queued' OR ${t.cancelRequestedAt} IS NOT NULL) AND ${t.dueAt} IS NOT NULL`),
    index('runs_unsettled').on(t.workspaceId, t.state, t.memberId).where(sql`${t.settledAt} IS NULL`),
    index('runs_by_workspace').on(t.workspaceId, t.createdAt),
  ],
);

export const steps = pgTable(
  'steps',
  {
    runId: uuid('run_id')
      .$type<RunId>()
      .notNull()
      .references(() => runs.id),
    kind: stepKindType('kind').notNull(),
    state: stepStateType('state').notNull().default('pending'),
    priceCredits: integer('price_credits').notNull(),
    /** Chosen when the run is submitted, so that the price and the promise match the work. */
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    /** On whose key, decided and told together with the price. */
    keySource: text('key_source').$type<KeySource>().notNull().default('none'),
    /** The provider's name for work in progress; opaque to all but its provider. */
    handle: jsonb('handle').$type<JsonValue>(),
    /** How often the step was sent to the provider: at most 2, for a video at most 1. */
    submits: integer('submits').notNull().default(0),
    /** The progress that the provider reported last: 0 to 1. It may be less than before. */
    fraction: doublePrecision('fraction'),
    /** How long such a step was expected to take when the run was submitted: what is shown of it must not change its measure. */
    expectedMs: integer('expected_ms'),
    /** The largest part of it that anybody may have been shown before it was written to last: nobody is shown less from then on. */
    shown: doublePrecision('shown').notNull().default(0),
    /** The result of `enhance`; the other steps' results are assets. */
    enhanced: jsonb('enhanced').$type<EnhancedPrompt>(),
    failure: jsonb('failure').$type<Failure>(),
    /** The amount that the provider charged, in millionths of a US dollar, and its own usage record. */
    costMicroUsd: bigint('cost_micro_usd', { mode: 'number' }),
    usage: jsonb('usage').$type<JsonValue>(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.kind] }),
    check('paid_submits_are_bounded', sql`${t.submits} BETWEEN 0 AND CASE ${t.kind} WHEN 'video' THEN 1 ELSE 2 END`),
    check('submitted_has_a_handle', sql`${t.state} <> 'submitted' OR ${t.handle} IS NOT NULL`),
  ],
);

/** A stored object: a step's output, or the image that a member gave (`step` is null). */
export const assets = pgTable(
  'assets',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    runId: uuid('run_id')
      .$type<RunId>()
      .notNull()
      .references(() => runs.id),
    step: stepKindType('step'),
    kind: mediaKindType('kind').notNull(),
    objectKey: text('object_key').notNull(),
    mime: text('mime').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    seconds: doublePrecision('seconds'),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** Since when nobody is shown it any more, because it was kept for long enough or its run was deleted. The row stays. */
    removedAt: at('removed_at'),
    /** Since when the store does not have it any more: written after, so that no kill leaves an object that nobody names. */
    erasedAt: at('erased_at'),
    /** How often erasing it was begun, and when it may be tried next; null: as soon as it was removed. */
    eraseAttempts: integer('erase_attempts').notNull().default(0),
    eraseDueAt: at('erase_due_at'),
  },
  (t) => [
    unique('one_asset_per_step').on(t.runId, t.step).nullsNotDistinct(),
    check('erased_after_removed', sql`${t.erasedAt} IS NULL OR ${t.removedAt} IS NOT NULL`),
    index('assets_kept').on(t.createdAt).where(sql`${t.removedAt} IS NULL`),
    index('assets_to_erase')
      .on(sql`coalesce(${t.eraseDueAt}, ${t.removedAt})`)
      .where(sql`${t.removedAt} IS NOT NULL AND ${t.erasedAt} IS NULL`),
  ],
);

/**
 * Paid calls that were left behind, for the run had been lost meanwhile or the process stopped: nobody will deliver what they make, and
 * an operator may want to know. `handle` is null where none is known; the call may then have come to nothing.
 */
export const providerOrphans = pgTable('provider_orphans', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  runId: uuid('run_id').$type<RunId>().notNull(),
  step: stepKindType('step').notNull(),
  provider: text('provider').notNull(),
  dispatch: integer('dispatch').notNull(),
  handle: jsonb('handle').$type<JsonValue>(),
  createdAt: at('created_at').notNull().defaultNow(),
});

// The vault: secrets of workspaces, and the record of what was done with them.

export const secretProviders = [...vendors, 'slack'] as const;
export type SecretProvider = (typeof secretProviders)[number];
export const secretPurposes = ['api_key', 'bot_token'] as const;
export type SecretPurpose = (typeof secretPurposes)[number];

/** The result of the last check of a key; `unchecked` until there was one. */
export const keyStatuses = ['unchecked', 'valid', 'invalid', 'no_permission', 'out_of_quota', 'unreachable'] as const;
export type KeyStatus = (typeof keyStatuses)[number];

export const keyActions = ['set', 'removed', 'checked', 'used', 'failed', 'rotated'] as const;
export type KeyAction = (typeof keyActions)[number];

const bytes = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

/** One secret per place. `box`, `wrapped_key` and what they bind open together or not at all (see `seal.ts`). */
export const workspaceKeys = pgTable(
  'workspace_keys',
  {
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    provider: text('provider').$type<SecretProvider>().notNull(),
    purpose: text('purpose').$type<SecretPurpose>().notNull(),
    box: bytes('box').notNull(),
    wrappedKey: bytes('wrapped_key').notNull(),
    keyVersion: text('key_version').notNull(),
    lastFour: text('last_four').notNull(),
    fingerprint: text('fingerprint').notNull(),
    status: text('status').$type<KeyStatus>().notNull().default('unchecked'),
    checkedAt: at('checked_at'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.provider, t.purpose] }),
    index('workspace_keys_by_version').on(t.keyVersion),
  ],
);

/** Append-only: UPDATE, DELETE and TRUNCATE are refused by triggers (see the migration `append_only_key_audit`). */
export const keyAudit = pgTable(
  'key_audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: text('workspace_id').$type<WorkspaceId>().notNull(),
    provider: text('provider').$type<SecretProvider>().notNull(),
    purpose: text('purpose').$type<SecretPurpose>().notNull(),
    action: text('action').$type<KeyAction>().notNull(),
    /** The member who did it; null when the program did, on a run's behalf. */
    actor: text('actor'),
    runId: uuid('run_id').$type<RunId>(),
    step: stepKindType('step'),
    /** A result in a word or a sentence (`valid`, `k1 → k2`); scrubbed before it gets here. */
    note: text('note').notNull().default(''),
    lastFour: text('last_four').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('key_audit_by_workspace').on(t.workspaceId, t.id),
    // A step's polls and downloads open the key again and again; it is one use.
    uniqueIndex('one_use_per_step').on(t.runId, t.step, t.provider).where(sql`${t.action} = 'used'`),
  ],
);

// Slack.

/** Installations of the Slack app: one row per workspace, or per organisation when it is installed org-wide. The token is in the vault. */
export const slackInstallations = pgTable('slack_installations', {
  workspaceId: text('workspace_id')
    .$type<WorkspaceId>()
    .primaryKey()
    .references(() => workspaces.id),
  teamId: text('team_id'),
  enterpriseId: text('enterprise_id'),
  isOrgWide: boolean('is_org_wide').notNull(),
  appId: text('app_id').notNull(),
  botId: text('bot_id').notNull(),
  botUserId: text('bot_user_id').notNull(),
  scopes: text('scopes').array().notNull(),
  installedBy: text('installed_by').notNull(),
  installedAt: at('installed_at').notNull().defaultNow(),
});

/** The token bucket of edits for each Slack workspace. Slack counts edits per workspace, so all workers share it. */
export const editBudgets = pgTable('edit_budgets', {
  workspaceId: text('workspace_id').$type<WorkspaceId>().primaryKey(),
  /** Edits that may be made at `countedAt`; below zero after finals that could not wait. */
  edits: doublePrecision('edits').notNull(),
  countedAt: at('counted_at').notNull().defaultNow(),
  /** Slack asked for silence until then. */
  pausedUntil: at('paused_until'),
});

// The web: who may come in, and as whom. Only hashes (SHA-256) of what they show are kept; each is 256 random bits.

export const apiTokens = pgTable(
  'api_tokens',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    scope: text('scope').$type<TokenScope>().notNull(),
    label: text('label').notNull(),
    hash: text('hash').notNull().unique('api_tokens_hash'),
    lastFour: text('last_four').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [
    check('scope_is_known', sql`${t.scope} IN ('member', 'admin', 'operator')`),
    index('api_tokens_by_workspace').on(t.workspaceId, t.createdAt),
  ],
);

/** Links that let a member in once, as whoever the chat platform vouched for when they asked for it. */
/**
 * The channel in which a link was given, and whatever that belongs to; null where there are no channels. A process that does not know
 * this column yet writes that it was none, which opens nothing that is open in some channels alone.
 */
const channelIds = () => text('channel_ids').array().default([]);

export const webLinks = pgTable(
  'web_links',
  {
    hash: text('hash').primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    memberId: text('member_id').notNull(),
    memberName: text('member_name').notNull(),
    isAdmin: boolean('is_admin').notNull(),
    channelIds: channelIds(),
    locale: text('locale').notNull(),
    expiresAt: at('expires_at').notNull(),
    consumedAt: at('consumed_at'),
  },
  (t) => [index('web_links_by_workspace').on(t.workspaceId)],
);

export const webSessions = pgTable(
  'web_sessions',
  {
    hash: text('hash').primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    memberId: text('member_id').notNull(),
    memberName: text('member_name').notNull(),
    /** Until when the platform's word counts that this member is an admin; null for one who was none. */
    adminUntil: at('admin_until'),
    channelIds: channelIds(),
    locale: text('locale').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [index('web_sessions_by_workspace').on(t.workspaceId)],
);

/** How often members and workspaces gave commands of late, where no Redis counts it. The columns are those that the limiter expects. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull(),
  expire: at('expire'),
});
