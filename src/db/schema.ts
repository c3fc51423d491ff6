import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import {
  type CastEntry,
  type CastKind,
  type Change,
  type EnhancedPrompt,
  type Failure,
  type FailureKind,
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
  type Vendor,
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
  /** The last month (`2026-11`) for which the free credits were granted. */
  toppedUpFor: text('topped_up_for').notNull().default(''),
  /**
   * When a run of this workspace was last started. Among workspaces with equally many running runs, the one that has waited
   * longest is next.
   */
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

/** Append-only: triggers refuse UPDATE, DELETE and TRUNCATE (see `refuse_ledger_change` in the migration). */
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
    // For what was used since a moment within a day. `credit_use` has the whole days.
    index('credit_transactions_used').on(t.workspaceId, t.createdAt).where(sql`${t.kind} IN ('capture', 'refund')`),
  ],
);

/**
 * What runs have used, captured credits minus refunded ones, by day (UTC) and by the member whose run it was. A trigger of the
 * ledger keeps it (see `count_credit_use` in the migrations). The member is empty if the workspace was purged.
 */
export const creditUse = pgTable(
  'credit_use',
  {
    workspaceId: text('workspace_id').$type<WorkspaceId>().notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    memberId: text('member_id').notNull(),
    credits: integer('credits').notNull(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.day, t.memberId] })],
);

export const runs = pgTable(
  'runs',
  {
    id: uuid('id').$type<RunId>().primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => creditAccounts.workspaceId),
    /** The platform's own id of the command. A redelivered command has the same key, so it makes no second run. */
    requestKey: text('request_key').notNull().unique('runs_request_key'),
    memberId: text('member_id').notNull(),
    memberName: text('member_name').notNull(),
    workflow: workflowType('workflow').notNull(),
    prompt: text('prompt').notNull(),
    options: jsonb('options').$type<RunOptions>().notNull(),
    /** The run of which this one was made, and the number of the step whose result it began with. Null: a command started it. */
    parentId: uuid('parent_id').$type<RunId>(),
    parentStep: integer('parent_step'),
    /** The entries of the workspace's cast that the prompt names. */
    cast: jsonb('cast').$type<CastEntry[]>().notNull().default([]),
    /** The platform on which the member asked for the run and on which the run posts. Null means the workspace's own platform. */
    platform: platformType('platform'),
    /** The conversation in which the run posts. Only its platform reads this. */
    conversation: jsonb('conversation').$type<JsonValue>().notNull(),
    /** The ids of the messages that the run has posted. Only its platform reads this. */
    postedMessages: jsonb('posted_messages').$type<JsonValue>().notNull().default({}),
    state: runStateType('state').notNull().default('queued'),
    priceCredits: integer('price_credits').notNull(),
    capturedCredits: integer('captured_credits'),
    releasedCredits: integer('released_credits'),
    failure: jsonb('failure').$type<Failure>(),
    cancelRequestedAt: at('cancel_requested_at'),

    /** When a worker should take the next turn of this run. Null when nothing is left to do. */
    dueAt: at('due_at').default(sql`now()`),
    /**
     * Counts the dispatches of the run. It serves as the run's fencing token: a number that grows each time the run is leased,
     * and that every write of a turn compares. A worker that lost its lease still has the old number, so PostgreSQL refuses its
     * writes.
     */
    dispatch: integer('dispatch').notNull().default(0),
    /** The last dispatch that a worker claimed. If a job is delivered twice, the second worker finds its dispatch claimed. */
    claimed: integer('claimed').notNull().default(0),
    /** True while a worker takes a turn. A request to look at the run then waits for the end of the turn. */
    busy: boolean('busy').notNull().default(false),
    /** When a vendor last said that one of its steps is over. A turn that did not know it when it began ends due at once. */
    hookedAt: at('hooked_at'),
    /** Failed attempts in a row, including turns that a kill ended. Any progress resets it to zero. */
    failedAttempts: integer('failed_attempts').notNull().default(0),

    createdAt: at('created_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    settledAt: at('settled_at'),
    deliveredAt: at('delivered_at'),
    /** Why the result could not be posted in the run's conversation. `/vidgenie history` still shows the result. */
    deliveryFailure: jsonb('delivery_failure').$type<Failure>(),
    /**
     * The numbers of the steps whose results nobody has received or can fetch. Delivery decides this once. Afterwards VidGenie
     * never shares these results, and the statement that ends delivery refunds their credits. Null before the end of delivery, and
     * for runs of older versions.
     */
    unreached: integer('unreached_steps').array(),
    /** The same as kinds of steps. Only workers of a version that knew one step of each kind write it. */
    unreachedKinds: text('unreached').array().$type<StepKind[]>(),
    /**
     * The version of a worker that the run needs: 0 knows one step of each kind, 1 numbered steps, 2 edits and the cast, 3 any model
     * and films from words, 4 takes messages back. An older worker leaves the run to a newer one (see `dispatch_due` in the migrations).
     */
    needsWorker: smallint('needs_worker').notNull().default(0),
    /** When somebody asked to delete the run's media. The rows of its assets stay: they record what was paid for. */
    deletedAt: at('deleted_at'),
    /** True once the sweeper has marked all objects of a deleted run as removed. */
    mediaRemoved: boolean('media_removed').notNull().default(false),
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
    // For these queries: runs that wait to start, by workspace and age; other runs that are due; the number of both for each member.
    index('runs_waiting')
      .on(t.workspaceId, t.createdAt, t.id)
      .where(sql`${t.state} = 'queued' AND ${t.cancelRequestedAt} IS NULL`),
    index('runs_due_going')
      .on(t.dueAt)
      .where(sql`(${t.state} <> 'queued' OR ${t.cancelRequestedAt} IS NOT NULL) AND ${t.dueAt} IS NOT NULL`),
    index('runs_unsettled').on(t.workspaceId, t.state, t.memberId).where(sql`${t.settledAt} IS NULL`),
    index('runs_by_workspace').on(t.workspaceId, t.createdAt),
    index('runs_by_member').on(t.workspaceId, t.memberId, t.createdAt),
    // Together with `runs_unsettled` these are the undelivered runs of a workspace.
    index('runs_settled_undelivered')
      .on(t.workspaceId)
      .where(sql`${t.settledAt} IS NOT NULL AND ${t.deliveredAt} IS NULL`),
    // For the search for words. Only delivered runs are in it, so it costs neither a command nor a turn anything.
    index('runs_by_words')
      .using('gin', sql`search_keys(${t.workspaceId}, ${t.prompt})`)
      .where(sql`${t.deliveredAt} IS NOT NULL`),
    index('runs_by_parent').on(t.parentId, t.createdAt).where(sql`${t.parentId} IS NOT NULL`),
    // For the images of removed entries of the cast: the unfinished runs that use them.
    index('runs_with_cast').on(t.workspaceId).where(sql`${t.cast} <> '[]' AND ${t.settledAt} IS NULL`),
    // For the sweeper: deleted runs whose objects are not marked as removed yet.
    index('runs_to_empty')
      .on(t.deletedAt)
      .where(sql`${t.deletedAt} IS NOT NULL AND ${t.deliveredAt} IS NOT NULL AND NOT ${t.mediaRemoved}`),
  ],
);

/**
 * The first model of a step that another one makes, and its failure. `heldCredits` is the price that the run holds for the step, which
 * the other model's price never exceeds. `tried` are all models that the step was given to before, as `provider model`.
 */
export type InsteadOf = {
  provider: string;
  model: string;
  failure: FailureKind;
  heldCredits: number;
  tried: readonly string[];
};

export const steps = pgTable(
  'steps',
  {
    runId: uuid('run_id')
      .$type<RunId>()
      .notNull()
      .references(() => runs.id),
    /**
     * From 1, in the order of the plan. Every input of a step has a smaller number. For a step that an older version inserts, a
     * trigger sets the number and the inputs by its kind.
     */
    number: integer('number').notNull(),
    kind: stepKindType('kind').notNull(),
    /** The numbers of the steps that this one is made from. */
    inputs: integer('inputs').array().notNull().default(sql`'{}'`),
    /** From 1: the scene of a story, or one of several images of the same prompt. */
    scene: integer('scene'),
    variant: integer('variant'),
    /** The whole seconds that the call makes; for an extension those that it adds. Null: the run's duration. */
    seconds: integer('seconds'),
    /** True if the result is the input clip, made longer. It takes the place of that clip. */
    isExtension: boolean('is_extension').notNull().default(false),
    /** The size of the result, for example `1080p 8s`. The usual duration depends on it besides the model. */
    size: text('size').notNull().default(''),
    state: stepStateType('state').notNull().default('pending'),
    /** When to poll the step or to try it again. Null: as soon as its inputs are there. */
    dueAt: at('due_at'),
    /** When the vendor last said that the step is over, to the millisecond. It is a hint: a poll decides. */
    hookedAt: at('hooked_at'),
    /** Failed attempts of this step in a row. Any progress resets it to zero. */
    failedAttempts: integer('failed_attempts').notNull().default(0),
    priceCredits: integer('price_credits').notNull(),
    /** Chosen when the run is submitted, so that the price and the promise match the work. */
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    /** Whose key pays. It is decided, and shown to the member, together with the price. */
    keySource: text('key_source').$type<KeySource>().notNull().default('none'),
    /** The provider's reference to the work in progress. Only the provider's own code reads it. */
    handle: jsonb('handle').$type<JsonValue>(),
    /** How often the step was sent to the provider: at most 2 times, a video at most once. */
    submits: integer('submits').notNull().default(0),
    /** The provider's latest progress, from 0 to 1. It may be lower than an earlier one. */
    fraction: doublePrecision('fraction'),
    /** The expected duration of such a step when the run was submitted. It is stored so that the progress bar keeps its scale. */
    expectedMs: integer('expected_ms'),
    /** The largest progress that anybody may have been shown before the last write. VidGenie never shows less after that. */
    shown: doublePrecision('shown').notNull().default(0),
    /** The result of `enhance`. The results of the other steps are assets. */
    enhanced: jsonb('enhanced').$type<EnhancedPrompt>(),
    failure: jsonb('failure').$type<Failure>(),
    /** The provider's charge, in millionths of a US dollar. `usage` is the provider's own usage record. */
    costMicroUsd: bigint('cost_micro_usd', { mode: 'number' }),
    usage: jsonb('usage').$type<JsonValue>(),
    /** True if the vendor has reported no charge, so `cost_micro_usd` is its published price. */
    isCostEstimate: boolean('is_cost_estimate').notNull().default(false),
    /** The model that was to make the step first, if another one took its place because it generated nothing. */
    insteadOf: jsonb('instead_of').$type<InsteadOf>(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.number] }),
    // For the usual durations: the last finished steps of a model.
    index('steps_finished')
      .on(t.provider, t.model, t.size, t.finishedAt.desc())
      .where(sql`${t.state} = 'done' AND ${t.startedAt} IS NOT NULL`),
    check('paid_submits_are_bounded', sql`${t.submits} BETWEEN 0 AND CASE ${t.kind} WHEN 'video' THEN 1 ELSE 2 END`),
    check('submitted_has_a_handle', sql`${t.state} <> 'submitted' OR ${t.handle} IS NOT NULL`),
  ],
);

/** The checks that go through the database step by step, and how far each has come. */
export const checks = pgTable('checks', {
  /** `ledger`: what is new. `ledger pass` and `objects pass`: everything, on request. */
  name: text('name').primaryKey(),
  position: jsonb('position').$type<JsonValue>().notNull(),
  startedAt: at('started_at').notNull().defaultNow(),
  movedAt: at('moved_at').notNull().defaultNow(),
  /** When a pass came to its end. */
  finishedAt: at('finished_at'),
});

/** Breaches of a rule of the ledger. A row stays until a whole pass no longer finds it. */
export const ledgerDiscrepancies = pgTable(
  'ledger_discrepancies',
  {
    rule: text('rule').notNull(),
    /** The run, the workspace or the transaction that breaks the rule. */
    subject: text('subject').notNull(),
    found: bigint('found', { mode: 'number' }).notNull(),
    expected: bigint('expected', { mode: 'number' }).notNull(),
    foundAt: at('found_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.rule, t.subject] })],
);

/** The runs whose ledger rows were verified before they were delivered. They are verified once more when they are delivered. */
export const ledgerOpenRuns = pgTable('ledger_open_runs', { runId: uuid('run_id').$type<RunId>().primaryKey() });

/** A stored object: a step's output, or what a member gave (`step` is null). */
export const assets = pgTable(
  'assets',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    runId: uuid('run_id')
      .$type<RunId>()
      .notNull()
      .references(() => runs.id),
    /** The number of the step. */
    step: integer('step_number'),
    /** The kind of the step. Only workers of a version that knew one step of each kind write it; a trigger then sets the number. */
    stepKind: stepKindType('step'),
    kind: mediaKindType('kind').notNull(),
    objectKey: text('object_key').notNull(),
    mime: text('mime').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    seconds: doublePrecision('seconds'),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /** The categories for which moderation has flagged it. It is then shown behind a spoiler. Null: not flagged. */
    flagged: text('flagged').array(),
    createdAt: at('created_at').notNull().defaultNow(),
    /**
     * True for an image that a member gave, which is kept for `INPUT_RETENTION_HOURS`. The image that a run has from a result of its
     * parent counts as a result, because its buttons work for as long as it is kept. A trigger fills this for older versions.
     */
    isGiven: boolean('is_given').notNull().default(false),
    /** When VidGenie stopped showing it, because it was kept for long enough or its run was deleted. The row stays. */
    removedAt: at('removed_at'),
    /** When the store no longer had it. It is written after the erasure, so a kill in between leaves no object that no row names. */
    erasedAt: at('erased_at'),
    /** How often VidGenie began to erase it, and when it may try next. A null `eraseDueAt` means from `removedAt` on. */
    eraseAttempts: integer('erase_attempts').notNull().default(0),
    eraseDueAt: at('erase_due_at'),
  },
  (t) => [
    unique('one_asset_per_numbered_step').on(t.runId, t.step).nullsNotDistinct(),
    unique('one_asset_per_step').on(t.runId, t.stepKind),
    check('erased_after_removed', sql`${t.erasedAt} IS NULL OR ${t.removedAt} IS NOT NULL`),
    // For the sweeper: what is kept, the oldest first.
    index('assets_results_kept').on(t.createdAt, t.id).where(sql`${t.removedAt} IS NULL AND NOT ${t.isGiven}`),
    index('assets_given_kept').on(t.createdAt, t.id).where(sql`${t.removedAt} IS NULL AND ${t.isGiven}`),
    index('assets_to_erase')
      .on(sql`coalesce(${t.eraseDueAt}, ${t.removedAt})`)
      .where(sql`${t.removedAt} IS NOT NULL AND ${t.erasedAt} IS NULL`),
  ],
);

/**
 * Paid calls whose result nobody will deliver, because the worker lost the run or the process stopped. An operator may want to
 * know about them. `handle` is null if none is known. Such a call may have made nothing.
 */
export const providerOrphans = pgTable('provider_orphans', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  runId: uuid('run_id').$type<RunId>().notNull(),
  step: stepKindType('step').notNull(),
  /** Null for a call of an older version. */
  number: integer('step_number'),
  provider: text('provider').notNull(),
  dispatch: integer('dispatch').notNull(),
  handle: jsonb('handle').$type<JsonValue>(),
  createdAt: at('created_at').notNull().defaultNow(),
});

/** The people, things, styles and places that look the same in every image of a workspace. A prompt names one as `@name`. */
export const castEntries = pgTable(
  'cast_entries',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    /** Without the @, in lower case. */
    name: text('name').notNull(),
    kind: text('kind').$type<CastKind>().notNull(),
    description: text('description').notNull(),
    images: jsonb('images').$type<CastEntry['images']>().notNull(),
    /** The member who added it, and who said that they may use the likeness. */
    addedBy: text('added_by').notNull(),
    addedByName: text('added_by_name').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** When somebody removed it. Its images are erased as soon as no unfinished run uses them. */
    removedAt: at('removed_at'),
    erasedAt: at('erased_at'),
  },
  (t) => [
    uniqueIndex('cast_names').on(t.workspaceId, t.name).where(sql`${t.removedAt} IS NULL`),
    index('cast_to_erase').on(t.removedAt).where(sql`${t.removedAt} IS NOT NULL AND ${t.erasedAt} IS NULL`),
    check('cast_erased_after_removed', sql`${t.erasedAt} IS NULL OR ${t.removedAt} IS NOT NULL`),
  ],
);

/**
 * What VidGenie understood of a member's free words, for the button that carries it out. The words are too long for a button, and
 * the button works for ever. Deleting the run's results deletes its proposals.
 */
export const proposals = pgTable(
  'proposals',
  {
    id: uuid('id').primaryKey(),
    workspaceId: text('workspace_id')
      .$type<WorkspaceId>()
      .notNull()
      .references(() => workspaces.id),
    /** The run whose result is to be changed, and the number of the step that made it. */
    runId: uuid('run_id')
      .$type<RunId>()
      .notNull()
      .references(() => runs.id),
    step: integer('step_number').notNull(),
    memberId: text('member_id').notNull(),
    /** `motion`: another motion for the same image. The others are those of an `edit` run. */
    change: text('change').$type<Change | 'motion'>().notNull(),
    words: text('words').notNull(),
    /** The part of the words that is about the motion. Null: none. */
    motion: text('motion'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [index('proposals_by_run').on(t.runId), index('proposals_by_workspace').on(t.workspaceId)],
);

// Models.

/**
 * The models of a vendor or a server as VidGenie has read them last, one row for each (see `src/pipeline/catalogues.ts`). All
 * processes use this copy, so they offer the same models, also while the vendor is away.
 */
export const catalogues = pgTable('catalogues', {
  /** The adapter, for example `openrouter`. */
  id: text('id').primaryKey(),
  models: jsonb('models').$type<JsonValue>().notNull(),
  /** The changes between two looks, the latest first. */
  changes: jsonb('changes').$type<JsonValue>().notNull().default([]),
  /** When a process began to look last. Another one looks if that is a day ago. */
  lookedAt: at('looked_at').notNull().defaultNow(),
  /** When the models were read. */
  readAt: at('read_at'),
});

/** The vendors whose hooks have arrived here (see `src/pipeline/hooks.ts`). All processes know it from here. */
export const hookArrivals = pgTable('hook_arrivals', {
  vendor: text('vendor').$type<Vendor>().primaryKey(),
  /** When the last hook arrived, give or take a minute. */
  arrivedAt: at('arrived_at').notNull(),
  /** When a step was last found to be over without a hook that had said so. */
  missedAt: at('missed_at'),
});

// The vault: the secrets of workspaces, and an audit of their use.

export const secretProviders = [...vendors, 'slack'] as const;
export type SecretProvider = (typeof secretProviders)[number];
export const secretPurposes = ['api_key', 'bot_token'] as const;
export type SecretPurpose = (typeof secretPurposes)[number];

/** The result of the last check of a key. `unchecked` until the first check. */
export const keyStatuses = ['unchecked', 'valid', 'invalid', 'no_permission', 'out_of_quota', 'unreachable'] as const;
export type KeyStatus = (typeof keyStatuses)[number];

export const keyActions = ['set', 'removed', 'checked', 'used', 'failed', 'rotated'] as const;
export type KeyAction = (typeof keyActions)[number];

const bytes = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

/** One secret per slot. `box`, `wrapped_key` and the values bound to them open together or not at all (see `seal.ts`). */
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

/** Append-only: triggers refuse UPDATE, DELETE and TRUNCATE (see `refuse_key_audit_change` in the migration). */
export const keyAudit = pgTable(
  'key_audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: text('workspace_id').$type<WorkspaceId>().notNull(),
    provider: text('provider').$type<SecretProvider>().notNull(),
    purpose: text('purpose').$type<SecretPurpose>().notNull(),
    action: text('action').$type<KeyAction>().notNull(),
    /** The member who did it. Null if VidGenie did it for a run. */
    actor: text('actor'),
    runId: uuid('run_id').$type<RunId>(),
    step: stepKindType('step'),
    /** A short result (`valid`, `k1 → k2`), scrubbed of secrets before it is written. */
    note: text('note').notNull().default(''),
    lastFour: text('last_four').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('key_audit_by_workspace').on(t.workspaceId, t.id),
    // A step's polls and downloads open the key many times. They count as one use.
    uniqueIndex('one_use_per_step').on(t.runId, t.step, t.provider).where(sql`${t.action} = 'used'`),
  ],
);

// The audit of admin actions.

export const auditActions = [
  'settings_changed',
  'key_set',
  'key_removed',
  'key_rotated',
  'credits_granted',
  'credits_adjusted',
  'token_created',
  'token_revoked',
  'cast_removed',
  'run_failed',
  'run_retried',
  'bot_removed',
  'workspace_purged',
] as const;
export type AuditAction = (typeof auditActions)[number];

/**
 * Records who changed what: one row for each change, written in the transaction of the change. Triggers refuse UPDATE, DELETE and
 * TRUNCATE, so a row holds no text that people wrote: a purge could not delete it. A trigger copies changes of keys from `key_audit`.
 */
export const adminAudit = pgTable(
  'admin_audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    workspaceId: text('workspace_id').$type<WorkspaceId>().notNull(),
    action: text('action').$type<AuditAction>().notNull(),
    /** A member's id, `token:` and the id of an API token, or `local` for the operator. Null: VidGenie itself. */
    actor: text('actor'),
    /** The id of what was changed: a run, an API token, an entry of the cast. For credits the idempotency key in the ledger. */
    subject: text('subject'),
    details: jsonb('details').$type<Record<string, JsonValue>>().notNull().default({}),
    /** The row of `key_audit` that this one copies. */
    keyAuditId: bigint('key_audit_id', { mode: 'number' }).unique('admin_audit_key_audit_id'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('admin_audit_by_time').on(t.createdAt, t.id),
    index('admin_audit_by_workspace').on(t.workspaceId, t.createdAt, t.id),
    // A retry that was killed before it was recorded is recorded when the operator repeats it.
    uniqueIndex('one_retry_of_run').on(t.subject).where(sql`${t.action} = 'run_retried'`),
  ],
);

// Slack.

/**
 * Installations of the Slack app: one row per workspace, or per organization for an org-wide installation. The token is in the
 * vault.
 */
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
  /** Edits available at `countedAt`. Below zero after finals, which never wait. */
  edits: doublePrecision('edits').notNull(),
  countedAt: at('counted_at').notNull().defaultNow(),
  /** Slack told us to pause until this time. */
  pausedUntil: at('paused_until'),
});

// Web access: API tokens, links and sessions. Only SHA-256 hashes of the secrets are stored. Each secret is 256 random bits.

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

/**
 * The channel in which a link was given, and the channels it belongs to. Null on a platform without channels. An older process
 * that does not know this column writes an empty list, which opens nothing that is restricted to channels.
 */
const channelIds = () => text('channel_ids').array().default([]);

/** One-time sign-in links. A link signs a member in with the identity that the chat platform gave when they asked for it. */
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
    /** Until when VidGenie believes the platform that this member is an admin. Null for other members. */
    adminUntil: at('admin_until'),
    channelIds: channelIds(),
    locale: text('locale').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [index('web_sessions_by_workspace').on(t.workspaceId)],
);

/** Counts of recent commands by member and workspace, for installations without Redis. The rate limiter expects these columns. */
export const rateLimits = pgTable('rate_limits', {
  key: text('key').primaryKey(),
  points: integer('points').notNull(),
  expire: at('expire'),
});
