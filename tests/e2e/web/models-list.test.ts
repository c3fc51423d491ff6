import { expect, test } from 'vitest';
import { options, quote } from '../../../src/bots/web/contract/composer.ts';
import { models } from '../../../src/bots/web/contract/models.ts';
import { saveSettings, workspaceSettings } from '../../../src/db/workspaces.ts';
import { openWebServer } from '../../support/web/server.ts';

const vendor = {
  extraModels: [
    {
      step: 'video',
      model: 'studio/quick',
      title: 'Quick',
      can: { durations: [3, 5], resolutions: ['720p'], aspects: ['wide'], lastFrame: [5] },
    },
    { step: 'video', model: 'studio/long', can: { durations: [1, 4, 10, 60], resolutions: ['720p', '1080p', '4k'] } },
    { step: 'image', model: 'studio/plain', can: { qualities: ['standard'], references: 0 } },
    { step: 'enhance', model: 'studio/writer', can: { references: 8 } },
    // Somebody else serves a model of the same name. Nobody can name this one.
    { step: 'video', model: 'studio/quick', title: 'The second Quick' },
  ],
  choice: { aliases: { fast: ['studio/quick', 'studio/plain'], gone: ['nothing/here'] } },
} as const;

async function opened() {
  const server = await openWebServer({ vendor });
  const workspace = await server.workspace('mine', 1_000);
  const token = await server.token(workspace, 'member');
  const get = async (path: string) => (await server.ask('GET', path, { token })).json();
  const list = async (query: string) => models.parse(await get(`/api/models?${query}`));
  return { server, workspace, get, list };
}

test('a listed price is what the steps of such a run cost, and a model without a price cannot make the run', async () => {
  const { get, list } = await opened();
  const queries = [
    'workflow=complete&resolution=1080p&duration=8&quality=hd',
    'workflow=complete&resolution=720p&duration=5&aspect=square&quality=standard',
    'workflow=complete&resolution=4k&duration=60&audio=false',
    'workflow=image&quality=standard&variants=3&reference=true',
    'workflow=video&resolution=720p&duration=6',
    'workflow=story&resolution=720p&duration=20&scenes=4&quality=standard',
    'workflow=edit&quality=standard',
  ];
  // These make what every query asks for, so that a refusal is about the model of the row.
  const able = ['vendor-words', 'studio/other-image', 'studio/long'];
  const seen = { possible: 0, impossible: 0 };
  for (const query of queries) {
    const { kinds } = await list(query);
    for (const { kind, models: listed } of kinds) {
      const others = kinds.filter((one) => one.kind !== kind).flatMap((one) => one.models.map(({ id }) => id));
      const helpers = able.filter((model) => others.includes(model));
      for (const { id, priceCredits } of listed) {
        const quoted = quote.parse(await get(`/api/quote?${query}&models=${[id, ...helpers].join(',')}`));
        const price = quoted.steps.find((step) => step.kind === kind)?.priceCredits;
        expect([quoted.possible, quoted.possible ? price : null], `${query} with ${id}`).toEqual([
          priceCredits !== null,
          priceCredits,
        ]);
        seen[quoted.possible ? 'possible' : 'impossible'] += 1;
      }
    }
  }
  expect(seen.possible).toBeGreaterThan(30);
  expect(seen.impossible).toBeGreaterThan(8);
});

test('the video of frames to choose from is priced as the press that makes it later', async () => {
  const { get, list } = await opened();
  const listed = await list('workflow=complete&frames=4&duration=5&resolution=720p');
  const { steps } = quote.parse(await get('/api/quote?workflow=video&duration=5&resolution=720p&models=studio/quick'));
  const quick = listed.kinds.find(({ kind }) => kind === 'video')?.models.find(({ id }) => id === 'studio/quick');
  expect(quick?.priceCredits).toBe(steps[0]?.priceCredits);
});

test('a model is listed once, with what it can do, and only for the steps of the workflow', async () => {
  const { list } = await opened();
  const { kinds, aliases } = await list('workflow=video&duration=6&resolution=720p');
  expect(kinds.map(({ kind }) => kind)).toEqual(['video']);
  const [video] = kinds;
  expect(video?.models.map(({ id }) => id)).toEqual([
    'vendor-video',
    'studio/other-video',
    'studio/quick',
    'studio/long',
  ]);
  expect(video?.models.find(({ id }) => id === 'studio/quick')).toEqual({
    id: 'studio/quick',
    title: 'Quick',
    provider: 'vendor',
    maker: 'vendor',
    seconds: [3, 5],
    durations: expect.arrayContaining([3, 5, 6, 60]),
    resolutions: ['720p'],
    aspects: ['wide'],
    qualities: ['standard', 'hd'],
    references: 2,
    lastFrame: true,
    extension: null,
    keySource: 'none',
    isDefault: false,
    isAllowed: true,
    priceCredits: 12,
  });
  // An alias stands here only for models that the workflow can use.
  expect(aliases).toEqual([{ name: 'fast', models: ['studio/quick'] }]);
});

test('the settings of a workspace mark its default and what its admins allow, and those of another one do not', async () => {
  const { server, workspace, get, list } = await opened();
  const { db } = server.program.database;
  const settings = workspaceSettings.parse({
    // A model that is gone takes no other with it.
    defaults: { models: ['long/gone', 'studio/quick'], aspect: 'wide' },
    allowedModels: ['studio/plain'],
  });
  const marked = async () =>
    Object.fromEntries(
      (await list('workflow=complete')).kinds.map(({ kind, models: listed }) => [
        kind,
        [listed.filter(({ isDefault }) => isDefault), listed.filter(({ isAllowed }) => isAllowed)].map((some) =>
          some.map(({ id }) => id),
        ),
      ]),
    );
  const all = await marked();
  await saveSettings(db, (await server.workspace('theirs')).id, settings);
  expect(await marked()).toEqual(all);
  await saveSettings(db, workspace.id, settings);
  expect(await marked()).toEqual({
    enhance: [['vendor-words'], ['vendor-words', 'studio/writer']],
    image: [['studio/plain'], ['studio/plain']],
    video: [['studio/quick'], ['vendor-video', 'studio/other-video', 'studio/quick', 'studio/long']],
  });
  // The form follows the same models, and a chosen one comes before the default.
  const stepsOf = async (query: string) => {
    const { workflows } = options.parse(await get(`/api/options${query}`));
    return workflows.find(({ name }) => name === 'complete');
  };
  expect(await stepsOf('')).toMatchObject({
    allowed: { resolution: ['720p'], aspect: ['wide'], quality: ['standard'] },
    steps: [{ model: 'vendor-words' }, { model: 'studio/plain' }, { model: 'studio/quick', title: 'Quick' }],
  });
  expect(await stepsOf('?models=studio/long,vendor-image,nothing')).toMatchObject({
    allowed: { resolution: ['720p', '1080p', '4k'], quality: ['standard'] },
    steps: [{ model: 'vendor-words' }, { model: 'studio/plain' }, { model: 'studio/long' }],
    modelChoice: true,
  });
});

test('garbage in any field is refused by the name of the field, and nobody without a token sees the models', async () => {
  const { server, workspace } = await opened();
  const token = await server.token(workspace, 'member');
  const garbage = [
    '',
    '%00',
    '%FF',
    '[]',
    '-1',
    '1e99',
    'NaN',
    'null',
    "'; DROP TABLE runs; --",
    '9'.repeat(400),
    '🦊',
  ];
  const fields = [
    'workflow',
    'style',
    'quality',
    'aspect',
    'duration',
    'resolution',
    'audio',
    'variants',
    'scenes',
    'cut',
    'frames',
    'reference',
  ];
  for (const field of fields) {
    for (const value of garbage) {
      const path = `/api/models?${field}=${value === '%00' || value === '%FF' ? value : encodeURIComponent(value)}`;
      const answered = await server.ask('GET', path, { token });
      expect([answered.status, answered.json().option], path).toEqual([400, field]);
    }
  }
  for (const path of ['/api/options', '/api/quote']) {
    for (const words of ['%00', 'a,b,c,d,e,f,g', 'x'.repeat(121)]) {
      const answered = await server.ask('GET', `${path}?models=${words}`, { token });
      expect(answered.json(), `${path} ${words}`).toMatchObject({
        status: 400,
        option: 'models',
        reason: words.startsWith('x') ? 'too_long' : 'bad_value',
      });
    }
    // An empty list means that nobody has chosen.
    expect((await server.ask('GET', `${path}?models=,%20,`, { token })).status).toBe(200);
  }
  expect((await server.ask('GET', '/api/models?models=x&nobody=knows', { token })).status).toBe(200);
  expect((await server.ask('GET', '/api/models')).status).toBe(401);
});

test('the list of models counts against the same limit as other reads', async () => {
  const server = await openWebServer({ vendor, paces: { look: 2 } });
  const token = await server.token(await server.workspace('mine'), 'member');
  const statuses: number[] = [];
  for (const path of ['/api/options', '/api/models', '/api/models'])
    statuses.push((await server.ask('GET', path, { token })).status);
  expect(statuses).toEqual([200, 200, 429]);
});
