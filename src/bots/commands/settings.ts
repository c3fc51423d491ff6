import { z } from 'zod';
import { saveSettings, settingsOf, workspaceSettings } from '../../db/workspaces.ts';
import { workflows } from '../../domain.ts';
import { offerOfAny } from '../../pipeline/offer.ts';
import { textOf } from '../text.ts';
import { aspect, audio, duration, quality, resolution, style } from './choices.ts';
import { command } from './command.ts';
import { flagOption, runsOption, textOption } from './option.ts';
import { settingsCard } from './settingsCard.ts';
import { maxDailyRuns, readForm, settingsForm, wordsOf } from './settingsForm.ts';

/** With options, the command changes those settings at once. Without options, it answers with a form. */
export const settings = command({
  name: 'settings',
  describe: (text) => text.commands.describe.settings,
  access: 'admin',
  options: z.object({
    style,
    quality,
    aspect,
    duration,
    resolution,
    audio,
    mentions: flagOption(true, (text) => text.commands.options.mentions),
    daily: runsOption({ min: 0, max: maxDailyRuns }, (text) => text.commands.options.daily),
    blocked: textOption(2_000, (text) => text.commands.options.blocked),
    reset: flagOption(false, (text) => text.commands.options.reset),
  }),
  run: async (request, { reset = false, blocked, daily, mentions, ...wished }) => {
    const { services, workspace } = request;
    const text = textOf(request.locale);
    const before = await settingsOf(services.db, workspace.id);
    const said = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined));
    const others = [blocked, daily, mentions];
    if (!reset && others.every((one) => one === undefined) && Object.keys(said).length === 0) {
      const offer = offerOfAny(services.providers, workflows, await services.keys.of(workspace.id));
      return { kind: 'form', form: settingsForm(request, before, offer) };
    }
    const next = workspaceSettings.parse({
      ...before,
      ...(blocked === undefined ? {} : { blockedWords: wordsOf(blocked) }),
      ...(daily === undefined ? {} : { dailyRuns: daily === 0 ? null : daily }),
      ...(mentions === undefined ? {} : { mentions }),
      defaults: { ...(reset ? {} : before.defaults), ...said },
    });
    await saveSettings(services.db, workspace.id, next);
    return { kind: 'card', card: settingsCard(request, next, text.commands.settings.saved) };
  },
  submit: async (request, values) => {
    const { services, workspace } = request;
    const read = readForm(await settingsOf(services.db, workspace.id), values);
    if (read.outcome === 'refused') return { kind: 'refusal', refusal: read.refusal };
    await saveSettings(services.db, workspace.id, read.settings);
    const { saved } = textOf(request.locale).commands.settings;
    return { kind: 'card', card: settingsCard(request, read.settings, saved) };
  },
});
