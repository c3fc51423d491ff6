import { expect, test } from 'vitest';
import { readForm, settingsForm } from '../../../../src/bots/commands/settingsForm.ts';
import { locales } from '../../../../src/bots/text.ts';
import { workspaceSettings } from '../../../../src/db/workspaces.ts';
import { workflows, workspaceId } from '../../../../src/domain.ts';
import { offerOfAny } from '../../../../src/pipeline/offer.ts';
import { optionsOf } from '../../../../src/pipeline/plan.ts';
import { createProviders } from '../../../../src/pipeline/providers/registry.ts';

const offer = offerOfAny(createProviders([], [], new Set()), workflows, new Set());
const chosen = workspaceSettings.parse({
  defaults: { style: 'anime', duration: 5, frames: 3 },
  castBy: 'admins',
  dailyRuns: 7,
});

test('a page of the settings has at most five fields, and a form at most five pages, on every platform', () => {
  for (const locale of locales) {
    for (const platform of ['discord', 'slack', 'terminal'] as const) {
      const workspace = { id: workspaceId.parse(`${platform}:1`), platform, name: '' };
      const { pages } = settingsForm({ workspace, locale, channelIds: ['1'] }, chosen, offer);
      expect(pages.length).toBeLessThanOrEqual(5);
      for (const { fields } of pages) expect(fields.length).toBeLessThanOrEqual(5);
    }
  }
});

const read = (values: Record<string, string>) => readForm(chosen, values);

test('a submitted page changes its own settings, and leaves those of the other pages', () => {
  expect(read({ frames: '4' })).toEqual({
    outcome: 'read',
    settings: { ...chosen, defaults: { ...chosen.defaults, frames: 4 } },
  });
  expect(read({ castBy: 'members' })).toEqual({ outcome: 'read', settings: { ...chosen, castBy: 'members' } });
  const page = { style: '', quality: 'hd', aspect: '', duration: '8', video: '720p off' };
  expect(read(page)).toEqual({
    outcome: 'read',
    settings: {
      ...chosen,
      defaults: { quality: 'hd', duration: 8, resolution: '720p', audio: false, frames: 3 },
    },
  });
});

test('only complete asks before a video, unless its member says otherwise', () => {
  const { defaults } = chosen;
  expect(optionsOf('complete', defaults, {}).frames).toBe(3);
  expect(optionsOf('complete', defaults, { frames: 1 }).frames).toBe(1);
  for (const workflow of workflows) {
    if (workflow !== 'complete') expect(optionsOf(workflow, defaults, {}).frames).toBe(1);
  }
});
