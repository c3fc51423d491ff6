import { z } from 'zod';
import { castAdders, saveSettings, settingsOf, workspaceSettings } from '../../db/workspaces.ts';
import { workflows } from '../../domain.ts';
import { offerOfAny } from '../../pipeline/offer.ts';
import { textOf } from '../text.ts';
import { aspect, audio, duration, frames, quality, resolution, style } from './choices.ts';
import { command } from './command.ts';
import { choiceOption, flagOption, modelOption, runsOption, textOption } from './option.ts';
import { settingsCard } from './settingsCard.ts';
import { maxDailyRuns, readForm, settingsForm, wordsOf } from './settingsForm.ts';
import { checkedModels, isModel, listedModels, maxAllowed, tooManyModels } from './settingsModels.ts';

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
    frames,
    model: modelOption((text) => text.commands.options.defaultModel),
    allow: textOption(maxAllowed, (text) => text.commands.options.allow),
    mentions: flagOption(true, (text) => text.commands.options.mentions),
    daily: runsOption({ min: 0, max: maxDailyRuns }, (text) => text.commands.options.daily),
    cast: choiceOption(castAdders, 'members', (text) => text.commands.options.castBy),
    blocked: textOption(2_000, (text) => text.commands.options.blocked),
    reset: flagOption(false, (text) => text.commands.options.reset),
  }),
  run: async (request, { reset = false, blocked, cast, daily, mentions, model, allow, ...wished }) => {
    const { services, workspace, member } = request;
    const text = textOf(request.locale);
    const before = await settingsOf(services.db, workspace.id);
    const said = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined));
    const others = [blocked, cast, daily, mentions, model, allow];
    if (!reset && others.every((one) => one === undefined) && Object.keys(said).length === 0) {
      const offer = offerOfAny(services.providers, workflows, await services.keys.of(workspace.id));
      return { kind: 'form', form: settingsForm(request, before, offer) };
    }
    const allowed = allow === undefined ? null : listedModels(allow);
    const tooMany = tooManyModels({ model: model ?? [], allow: allowed ?? [] });
    if (tooMany) return { kind: 'refusal', refusal: tooMany };
    const next = workspaceSettings.parse({
      ...before,
      ...(blocked === undefined ? {} : { blockedWords: wordsOf(blocked) }),
      ...(cast === undefined ? {} : { castBy: cast }),
      ...(daily === undefined ? {} : { dailyRuns: daily === 0 ? null : daily }),
      ...(mentions === undefined ? {} : { mentions }),
      ...(allowed && { allowedModels: allowed }),
      defaults: { ...(reset ? {} : before.defaults), ...said, ...(model && { models: model.filter(isModel) }) },
    });
    const checked = await checkedModels(services, workspace.id, before, next);
    if (checked.outcome === 'refused') return { kind: 'refusal', refusal: checked.refusal };
    await saveSettings(services.db, workspace.id, checked.settings, member.id);
    return { kind: 'card', card: settingsCard(request, checked.settings, text.commands.settings.saved) };
  },
  submit: async (request, values) => {
    const { services, workspace, member } = request;
    const before = await settingsOf(services.db, workspace.id);
    const filled = readForm(before, values);
    if (filled.outcome === 'refused') return { kind: 'refusal', refusal: filled.refusal };
    const read = await checkedModels(services, workspace.id, before, filled.settings);
    if (read.outcome === 'refused') return { kind: 'refusal', refusal: read.refusal };
    await saveSettings(services.db, workspace.id, read.settings, member.id);
    const { saved } = textOf(request.locale).commands.settings;
    return { kind: 'card', card: settingsCard(request, read.settings, saved) };
  },
});
