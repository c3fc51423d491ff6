import { type ClaimedLook, claimLook, keyProvidersInUse, type LookTimes, saveLook } from '../db/catalogues.ts';
import type { Db } from '../db/client.ts';
import type { Logger } from '../observability/log.ts';
import { type Catalogues, readChanges, readModels } from './catalogues.ts';
import { changesBetween, kept, type ModelChange } from './changes.ts';
import { vendorsAmong } from './keys.ts';
import type { LookOutcome, Meter } from './meter.ts';
import { goneAmong, modelsInUse } from './modelsInUse.ts';
import type { Adapter } from './providers/adapter.ts';
import type { ProviderConfig } from './providers/config.ts';
import type { ListedModel } from './providers/keys.ts';
import type { Fault } from './providers/providerCall.ts';
import type { Providers } from './providers/registry.ts';
import { settlesWithin } from './timeout.ts';

export type LookDeps = {
  db: Db;
  adapters: readonly Adapter[];
  config: ProviderConfig;
  providers: Pick<Providers, 'choose' | 'aliases'>;
  catalogues: Pick<Catalogues, 'all' | 'refresh'>;
  meter: Meter;
  log: Logger;
  /** In milliseconds: how long a list may take. Left out, a minute. */
  maxLookMs?: number;
};

const minuteMs = 60_000;

/** A process that was killed in the middle of a look is replaced after a quarter of an hour, and so is a look that failed. */
const times: LookTimes = { everyMs: 24 * 60 * minuteMs, againAfterMs: 15 * minuteMs };

/** In milliseconds. Listing models is a free call that takes seconds. */
const defaultMaxLookMs = 60_000;

/** In milliseconds. A worker that starts waits this long for the first list, so that its members can choose at once. */
const maxFirstMs = 4_000;

/**
 * Looks at the vendors' models once a day, in one of all processes. At the start it waits a moment for a look that is due, and it
 * then asks every minute whether one is.
 */
export async function startLooks(deps: LookDeps): Promise<{ stop: () => Promise<void> }> {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    looking = lookAtModels(deps, stopping.signal)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted)
          deps.log.warn({ error }, "the vendors' models were not looked at; tried again soon");
      })
      .finally(() => {
        if (!stopping.signal.aborted) timer = setTimeout(look, minuteMs).unref();
      });
  };
  look();
  await settlesWithin(maxFirstMs, looking);
  return {
    stop: async () => {
      stopping.abort(new Error('the worker stops'));
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Takes every look that is due. Without a key and without a server of the operator there is none, so nothing is called. */
export async function lookAtModels(deps: LookDeps, signal: AbortSignal): Promise<void> {
  const { config } = deps;
  const adapters = await adaptersInUse(deps.db, deps.adapters, config);
  const looked = await Promise.all(adapters.map((adapter) => lookOnce(deps, adapter, signal)));
  if (looked.includes(true)) await deps.catalogues.refresh();
  const { all } = deps.catalogues;
  if (all().size === 0) return;
  deps.meter.modelsGone(goneAmong(await modelsInUse(deps.db, deps.providers, config), all()).length);
}

/** The vendors for which the operator or any workspace has a key, and the servers of the operator. */
export async function adaptersInUse(db: Db, adapters: readonly Adapter[], config: ProviderConfig): Promise<Adapter[]> {
  const stored = vendorsAmong(await keyProvidersInUse(db));
  return adapters.filter(({ vendor, source }) =>
    vendor === null ? source(config, () => []) !== null : config.keys.has(vendor) || stored.has(vendor),
  );
}

/** True if it stored a list. */
async function lookOnce(deps: LookDeps, adapter: Adapter, signal: AbortSignal): Promise<boolean> {
  const look = await claimLook(deps.db, adapter.id, times);
  if (!look) return false;
  const { config, log, meter, maxLookMs = defaultMaxLookMs } = deps;
  const key = adapter.vendor === null ? null : (config.keys.get(adapter.vendor) ?? null);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(maxLookMs)]);
  const answer = await adapter.list(config, { key, signal: limited });
  signal.throwIfAborted();
  const known = readModels(look.models) ?? [];
  // An adapter may take a call that was cut off for a model without prices.
  const isLate = limited.aborted;
  const models = answer.ok && !isLate ? readModels(answer.value) : null;
  const isEmpty = models?.length === 0 && known.length === 0;
  if (!models || isEmpty) {
    const fault = answer.ok ? unreadable({ isLate, isEmpty }) : answer.fault;
    // Only workspaces have a key of this vendor, and it lists its models to nobody else.
    if (key === null && fault.kind === 'bad_key') return false;
    meter.modelsLooked(adapter.id, 'failed');
    log.warn(
      { adapter: adapter.id, kind: fault.kind, detail: fault.detail },
      'models not listed; the known ones serve',
    );
    return false;
  }
  // Read before the new list is stored: a model that is gone was in use until now.
  const inUse = await modelsInUse(deps.db, deps.providers, config);
  const { outcome, news, ...read } = judge(look, known, models);
  if (!(await saveLook(deps.db, adapter.id, look.claim, read))) return false;
  meter.modelsLooked(adapter.id, outcome);
  for (const { what } of news) meter.modelChanged(adapter.id, what);
  for (const { what, model, detail } of news) {
    if (what === 'doubtful') log.warn({ adapter: adapter.id, detail }, 'a list of models is too short to be believed');
    else if (inUse.has(model) && what !== 'new')
      log.warn({ adapter: adapter.id, model, change: what, detail }, 'a model in use has changed at its vendor');
  }
  return true;
}

function unreadable({ isLate, isEmpty }: { isLate: boolean; isEmpty: boolean }): Pick<Fault, 'kind' | 'detail'> {
  if (isLate) return { kind: 'timeout', detail: 'the list took too long' };
  return { kind: 'no_output', detail: isEmpty ? 'the list is empty' : 'the list cannot be read' };
}

type Judged = { outcome: LookOutcome; models: readonly ListedModel[]; changes: ModelChange[]; news: ModelChange[] };

/**
 * Compares a list with the one before. A list that has lost more than half of the models of a kind is believed when it comes twice: of a
 * vendor with a list for each kind, one may be empty by mistake while the others are complete.
 */
function judge(
  { changes: before, readAt, now }: ClaimedLook,
  known: readonly ListedModel[],
  models: readonly ListedModel[],
): Judged {
  const changes = readChanges(before);
  const doubted = new Set(changes.filter(({ what }) => what === 'doubtful').map(({ model }) => model));
  const sure = changes.filter(({ what }) => what !== 'doubtful');
  const doubts = doubtsAbout(known, models, now);
  if (doubts.some(({ model }) => !doubted.has(model))) {
    return { outcome: 'doubtful', models: known, changes: kept([...doubts, ...sure], now), news: doubts };
  }
  // Of a first list every model would be new.
  const news = readAt === null || known.length === 0 ? [] : changesBetween(known, models, { now, readAt });
  return { outcome: 'read', models, changes: kept([...news, ...sure], now), news };
}

/** A doubt for each kind that has lost more than half of its models. It has the kind in place of a model. */
function doubtsAbout(known: readonly ListedModel[], models: readonly ListedModel[], now: Date): ModelChange[] {
  const [before, after] = [countsOf(known), countsOf(models)];
  return [...before].flatMap(([kind, count]): ModelChange[] => {
    const left = after.get(kind) ?? 0;
    if (left >= count / 2) return [];
    const detail = `${left} instead of ${count} ${kind === '' ? '' : `${kind} `}models`;
    return [{ at: now.toISOString(), what: 'doubtful', model: kind, detail }];
  });
}

/** How many models there are of each kind. Those of which the catalogue says nothing count as one kind, with an empty name. */
function countsOf(models: readonly ListedModel[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { entry } of models) counts.set(entry?.kind ?? '', (counts.get(entry?.kind ?? '') ?? 0) + 1);
  return counts;
}
