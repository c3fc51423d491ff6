import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { checkCatalogues } from '../../src/cli/doctor/catalogues.ts';
import { claimLook, readCatalogues, saveLook } from '../../src/db/catalogues.ts';
import type { Database } from '../../src/db/client.ts';
import { accountOf } from '../../src/db/credits.ts';
import { checkInvariants } from '../../src/db/invariants.ts';
import { catalogues as catalogueRows } from '../../src/db/schema.ts';
import { saveSettings, workspaceSettings } from '../../src/db/workspaces.ts';
import { jsonValue } from '../../src/domain.ts';
import type { Logger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createCatalogues } from '../../src/pipeline/catalogues.ts';
import { lookAtModels } from '../../src/pipeline/look.ts';
import type { Adapter } from '../../src/pipeline/providers/adapter.ts';
import { noCapabilities } from '../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource, type ProviderSource } from '../../src/pipeline/providers/registry.ts';
import { adapters, realSources } from '../../src/providers.ts';
import { testConfig } from '../support/config.ts';
import { createDatabaseInTime, createTestDatabase, createWorkspace } from '../support/database.ts';
import { startWorkerProcess } from '../support/processes.ts';
import { createInstallation, delivered, submissionOf, submitted } from '../support/program.ts';
import { listedModel, startOpenAi } from '../support/providers/openai.ts';
import { createVendor } from '../support/studio.ts';

const never = new AbortController().signal;

async function startVendor() {
  const openai = await startOpenAi();
  const environment = { OPENAI_API_KEY: 'sk-one', OPENAI_BASE_URL: `${openai.url}/v1` };
  const looks = () => openai.requests.filter(({ path }) => path === '/v1/models').length;
  return { openai, environment, looks };
}

/** A process that looks when the test wants it to. `warned` are the warnings of its log. */
function lookerOf(
  { db, url }: Database,
  environment: Record<string, string>,
  all: readonly Adapter[] = adapters,
  over: { maxLookMs?: number } = {},
) {
  const config = testConfig(url, '/nowhere', environment).providers;
  const catalogues = createCatalogues(db);
  const metrics = createMetrics();
  const warned: object[] = [];
  const log: Logger = Object.assign(Object.create(null), {
    debug: () => {},
    info: () => {},
    warn: (facts: object) => void warned.push(facts),
    error: () => {},
  });
  const named = { named: config.models, aliases: config.aliases };
  const sources =
    all === adapters
      ? realSources(config, catalogues.of)
      : all.flatMap((one) => one.source(config, catalogues.of) ?? []);
  const providers = createProviders(sources, [], new Set(config.keys.keys()), named);
  const deps = { db, adapters: all, config, providers, catalogues, meter: metrics.meter, log, ...over };
  const counted = async () => await metrics.expose({ figures: null, ledger: null });
  return { look: () => lookAtModels(deps, never), catalogues, providers, warned, counted };
}

const idsOf = async ({ db }: Database) => (await readCatalogues(db)).map(({ id, models }) => [id, models]);
const ids = (catalogues: ReturnType<typeof createCatalogues>) => catalogues.of('openai').map(({ id }) => id);

test('of two workers that start at once one looks, and both offer what it read', async () => {
  const { environment, looks } = await startVendor();
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const workers = await Promise.all([1, 2].map(() => installation.open({ worker: true, environment })));
  expect(looks()).toBe(1);
  for (const { catalogues } of workers) {
    await expect
      .poll(() => catalogues.of('openai').map(({ id }) => id))
      .toEqual(['gpt-image-2.6-flare', 'gpt-image-1.5']);
  }
  const later = await installation.open({ worker: true, environment });
  expect(looks()).toBe(1);
  expect(later.catalogues.of('openai')).toHaveLength(2);
});

test('without a key and without a server of the operator nobody looks at anything', async () => {
  const database = await createTestDatabase();
  const asked: string[] = [];
  const watched = adapters.map(
    (adapter): Adapter => ({
      ...adapter,
      list: async () => {
        asked.push(adapter.id);
        return { ok: true, value: [] };
      },
    }),
  );
  await lookerOf(database, {}, watched).look();
  expect(asked).toEqual([]);
  expect(await readCatalogues(database.db)).toEqual([]);
});

test('a look is made once a day', async () => {
  const { environment, looks } = await startVendor();
  const database = await createDatabaseInTime();
  const { look } = lookerOf(database, environment);
  await look();
  await database.advance('23 hours');
  await look();
  expect(looks()).toBe(1);
  await database.advance('61 minutes');
  await look();
  expect(looks()).toBe(2);
});

test('a worker killed in the middle of a look is replaced a quarter of an hour later', async () => {
  const { openai, environment, looks } = await startVendor();
  const database = await createDatabaseInTime();
  openai.fail('GET', /models/, { fault: 'hang' });
  const asked = openai.arrival(/models/);
  const doomed = startWorkerProcess(await createInstallation(database), { environment });
  await asked;
  doomed.process.kill('SIGKILL');
  await doomed.exited;
  const { look, catalogues } = lookerOf(database, environment);
  await look();
  expect(looks()).toBe(1);
  await database.advance('16 minutes');
  await look();
  expect([looks(), ids(catalogues)]).toEqual([2, ['gpt-image-2.6-flare', 'gpt-image-1.5']]);
});

test('a worker that was frozen in the middle of a look does not replace a newer list', async () => {
  const database = await createDatabaseInTime();
  const { db } = database;
  const times = { everyMs: 1_000_000, againAfterMs: 1_000 };
  const frozen = await claimLook(db, 'openai', times);
  await database.advance('2 seconds');
  const next = await claimLook(db, 'openai', times);
  expect(await saveLook(db, 'openai', next?.claim ?? '', { models: ['newer'], changes: [] })).toBe(true);
  expect(await saveLook(db, 'openai', frozen?.claim ?? '', { models: ['older'], changes: [] })).toBe(false);
  expect(await idsOf(database)).toEqual([['openai', ['newer']]]);
});

describe('a look that fails keeps the known models, is logged and counted, and is tried again:', () => {
  const answer = (body: unknown) => ({ fault: 'status', status: 200, body }) as const;
  test.for([
    { name: 'a connection that breaks', fault: { fault: 'drop' } as const },
    { name: 'a fault of the server', fault: { fault: 'status', status: 503 } as const },
    { name: 'half an answer', fault: { fault: 'cut' } as const },
    { name: 'HTML', fault: { fault: 'html' } as const },
    { name: 'a redirect to another host', fault: { fault: 'redirect', to: 'http://example.com/' } as const },
    { name: '200 with an error inside', fault: answer({ error: { message: 'no' } }) },
    { name: 'models without names', fault: answer({ object: 'list', data: [{ id: 7 }, null] }) },
  ])('$name', async ({ fault }) => {
    const { openai, environment, looks } = await startVendor();
    const database = await createDatabaseInTime();
    const { look, catalogues, warned, counted } = lookerOf(database, environment);
    await look();
    await database.advance('25 hours');
    openai.fail('GET', /models/, fault);
    await look();
    expect(ids(catalogues)).toEqual(['gpt-image-2.6-flare', 'gpt-image-1.5']);
    expect(await counted()).toContain('vidgenie_model_looks_total{adapter="openai",outcome="failed"} 1');
    expect(warned).toMatchObject([{ adapter: 'openai' }]);
    await database.advance('16 minutes');
    await look();
    expect(looks()).toBe(3);
    expect(await counted()).toContain('vidgenie_model_looks_total{adapter="openai",outcome="read"} 2');
  });
});

test('a first list without any model is no list: another look follows soon', async () => {
  const { openai, environment, looks } = await startVendor();
  const database = await createDatabaseInTime();
  const { look, catalogues } = lookerOf(database, environment);
  const models = openai.models.splice(0);
  await look();
  openai.models.push(...models);
  await database.advance('16 minutes');
  await look();
  expect([looks(), ids(catalogues)]).toEqual([2, ['gpt-image-2.6-flare', 'gpt-image-1.5']]);
});

test('a list that has lost most of its models is believed when it comes twice', async () => {
  const { openai, environment } = await startVendor();
  const database = await createDatabaseInTime();
  const { look, catalogues, warned, counted } = lookerOf(database, { ...environment, MODEL_ALIASES: 'old=m4' });
  const usual = ['gpt-image-2.6-flare', 'm1', 'm2', 'm3', 'm4'];
  const lists = async (...models: string[]) => {
    openai.models.splice(0, openai.models.length, ...models.map(listedModel));
    await look();
    await database.advance('25 hours');
    return ids(catalogues);
  };
  expect(await lists(...usual)).toEqual(usual);
  expect(await lists()).toEqual(usual);
  // It has come back, so the next short list is doubted again.
  expect(await lists(...usual)).toEqual(usual);
  expect(await lists('gpt-image-2.6-flare', 'm1')).toEqual(usual);
  expect(await counted()).toContain('vidgenie_models_gone 0');
  expect(await lists('gpt-image-2.6-flare', 'm1')).toEqual(['gpt-image-2.6-flare', 'm1']);
  const figures = await counted();
  expect(figures).toContain('vidgenie_model_looks_total{adapter="openai",outcome="doubtful"} 2');
  expect(figures).toContain('vidgenie_model_changes_total{adapter="openai",change="gone"} 3');
  // Only one of those three is in use.
  expect(figures).toContain('vidgenie_models_gone 1');
  expect(warned).toMatchObject([
    { detail: '0 instead of 5 models' },
    { detail: '2 instead of 5 models' },
    { model: 'm4', change: 'gone' },
  ]);
});

/** A server of the operator that lists what the test says, in whatever shape. */
const serverThatLists = (list: (signal: AbortSignal) => Promise<unknown[]>): Adapter => ({
  id: 'server',
  name: 'Server',
  vendor: null,
  source: () => fixedSource([]),
  check: async () => 'valid',
  list: async (_config, { signal }) => ({ ok: true, value: Object(await list(signal)) }),
});

const priced = (kind: 'enhance' | 'video', id: string, price: number) => ({
  id,
  shutdownAt: null,
  entry: {
    kind,
    title: id,
    capabilities: noCapabilities,
    prices:
      kind === 'enhance' ? { kind, perCall: price } : { kind, perSecond: { '4k': { silent: price, sound: price } } },
    extra: null,
  },
});

test('one odd model hides no other, neither in a list nor in what is stored', async () => {
  const database = await createDatabaseInTime();
  let list: unknown[] = [priced('video', 'odd', 2e12), priced('video', 'fine', 10), null];
  const { look, catalogues } = lookerOf(database, {}, [serverThatLists(async () => list)]);
  const listed = () => catalogues.of('server').map(({ id }) => id);
  await look();
  expect(listed()).toEqual(['fine']);
  // Another version may have stored what this one cannot read.
  await database.db.execute(sql`UPDATE catalogues SET models = models || '[{"id": 7}]'`);
  await catalogues.refresh();
  expect(listed()).toEqual(['fine']);
  await database.advance('25 hours');
  list = [priced('video', 'odd', 2e12), null];
  await look();
  expect(listed()).toEqual(['fine']);
});

test('a list of which one kind is missing is believed when it comes twice, however complete the others are', async () => {
  const database = await createDatabaseInTime();
  const words = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6'].map((id) => priced('enhance', id, 10));
  const films = ['v1', 'v2'].map((id) => priced('video', id, 10));
  let list: unknown[] = [];
  const { look, catalogues, warned } = lookerOf(database, {}, [serverThatLists(async () => list)]);
  const counted = async (...models: unknown[]) => {
    list = models;
    await look();
    await database.advance('25 hours');
    return catalogues.of('server').length;
  };
  expect(await counted(...words, ...films)).toBe(8);
  expect(await counted(...words)).toBe(8);
  // Now the other kind is missing: nothing has come twice.
  expect(await counted(...films)).toBe(8);
  expect(await counted(...words)).toBe(8);
  expect(await counted(...words)).toBe(6);
  expect(warned).toMatchObject([
    { detail: '0 instead of 2 video models' },
    { detail: '0 instead of 6 enhance models' },
    { detail: '0 instead of 2 video models' },
  ]);
});

test('a look that ran out of time has read nothing, whatever its adapter made of the calls that were cut off', async () => {
  const database = await createDatabaseInTime();
  const list = async (signal: AbortSignal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return [{ ...priced('video', 'film', 0), entry: null }];
  };
  const known = lookerOf(database, {}, [serverThatLists(async () => [priced('video', 'film', 10)])]);
  await known.look();
  await database.advance('25 hours');
  const { look, catalogues, warned } = lookerOf(database, {}, [serverThatLists(list)], { maxLookMs: 1 });
  await look();
  await catalogues.refresh();
  expect(catalogues.of('server')).toEqual([priced('video', 'film', 10)]);
  expect(warned).toMatchObject([{ adapter: 'server', kind: 'timeout' }]);
});

/** A gateway whose models and prices come from its list alone. */
function gateway(listed: () => readonly { id: string; perCall: number }[], source: (id: string) => ProviderSource) {
  const adapter: Adapter = {
    id: 'gateway',
    name: 'Gateway',
    vendor: null,
    source: (_config, catalogue) => ({
      offered: () => catalogue('gateway').flatMap(({ id }) => source(id).offered()),
      find: (step, id, model) => source(model).find(step, id, model),
    }),
    check: async () => 'valid',
    list: async () => ({
      ok: true,
      value: listed().map(({ id, perCall }) => ({
        id,
        shutdownAt: null,
        entry: {
          kind: 'enhance',
          title: id,
          capabilities: noCapabilities,
          prices: { kind: 'enhance', perCall },
          extra: null,
        },
      })),
    }),
  };
  return adapter;
}

test('a model in use that became dearer is told to the operator, another one is not', async () => {
  const database = await createDatabaseInTime();
  let prices = [10, 10];
  const models = () => prices.map((perCall, index) => ({ id: `words-${index}`, perCall }));
  const { look, warned } = lookerOf(database, { ENHANCE_MODEL: 'words-0' }, [gateway(models, () => fixedSource([]))]);
  await look();
  await database.advance('25 hours');
  prices = [20, 20];
  await look();
  expect(warned).toMatchObject([
    { adapter: 'gateway', model: 'words-0', change: 'dearer', detail: 'a call: $0.00001 → $0.00002' },
  ]);
});

test('a model that left the list is refused before anything is held, and a run in flight keeps it', async () => {
  const database = await createDatabaseInTime();
  const installation = await createInstallation(database);
  const { db } = database;
  let listed = [
    { id: 'vendor-words', perCall: 1 },
    { id: 'vendor-image', perCall: 1 },
    { id: 'other', perCall: 1 },
  ];
  const catalogues = createCatalogues(db);
  const studio = createVendor({ journal: installation.journal, image: '', video: '' });
  const source = (model: string): ProviderSource => {
    const words = studio.find('enhance', 'vendor', model);
    const image = studio.find('image', 'vendor', model);
    return fixedSource([words, image].filter((one) => one !== null));
  };
  const adapter = gateway(() => listed, source);
  const { look } = lookerOf(database, {}, [adapter]);
  await look();
  await catalogues.refresh();
  const config = testConfig(database.url, installation.home).providers;
  const providers = createProviders([adapter.source(config, catalogues.of) ?? fixedSource([])], [], new Set());
  const bot = await installation.open({ worker: false, providers });
  const workspace = await createWorkspace(database, 100);
  const options = { models: ['vendor-image'] };
  const inFlight = await submitted(bot, { workspace, workflow: 'image', options });

  listed = listed.filter(({ id }) => id !== 'vendor-image');
  await database.advance('25 hours');
  await look();
  await catalogues.refresh();
  const refused = await bot.services.submit(submissionOf({ workspace, workflow: 'image', options }));
  expect(refused).toMatchObject({ outcome: 'unknown_model', word: 'vendor-image' });
  expect(await accountOf(db, workspace.id)).toEqual({ balance: 94, held: 6 });
  const worker = await installation.open({ worker: true });
  expect((await delivered(worker, inFlight)).run).toMatchObject({ state: 'succeeded', capturedCredits: 6 });
  expect(await checkInvariants(db, { atRest: true })).toEqual([]);
});

test('doctor tells how old the list is, which models in use are gone, and to which names no model answers', async () => {
  const { openai, environment } = await startVendor();
  const database = await createDatabaseInTime();
  const installation = await createInstallation(database);
  const workspace = await createWorkspace(database, 100);
  await saveSettings(
    database.db,
    workspace.id,
    workspaceSettings.parse({ allowedModels: ['m1'], defaults: { models: ['m2'] } }),
  );
  const own = { ...environment, MODEL_ALIASES: 'fast=m1,best=gpt-image-2.6-flare', VIDEO_MODEL: 'nobody/knows' };
  const entry = { kind: 'video', title: 'Some film', capabilities: { ...noCapabilities }, prices: null, extra: null };
  const readAt = new Date();
  await database.db
    .insert(catalogueRows)
    .values({ id: 'openrouter', models: jsonValue.parse([{ id: 'some/film', shutdownAt: null, entry }]), readAt });
  openai.models.push(listedModel('m1'), listedModel('m2'));
  await lookerOf(database, own).look();
  openai.models.splice(2, 2);
  await database.advance('25 hours');
  await lookerOf(database, own).look();
  const program = await installation.open({ worker: false, environment: own });
  const says = (await checkCatalogues(program)).map((one) => `${one.isFine} ${one.says}`);
  expect(says[0]).toMatch(/^true OpenAI lists 2 models, read /);
  expect(says.filter((one) => one.includes('left its vendor'))).toEqual([
    expect.stringMatching(/^false m1 is in use and left its vendor's list on 20/),
    expect.stringMatching(/^false m2 is in use/),
  ]);
  expect(says).toContainEqual(expect.stringMatching(/^false VIDEO_MODEL names nobody\/knows/));
  expect(says).toContainEqual(expect.stringMatching(/^false the alias fast in MODEL_ALIASES stands for m1/));
  expect(says.filter((one) => one.includes('alias best'))).toEqual([]);
  await database.db.execute(sql`UPDATE catalogues SET read_at = now() - interval '4 days'`);
  await program.catalogues.refresh();
  expect((await checkCatalogues(program))[0]?.isFine).toBe(false);
});
