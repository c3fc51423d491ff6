import { z } from 'zod';
import { aspects, qualities, type RunOptions, resolutions, runOptions, styles } from '../../db/vocabulary.ts';
import { saveSettings, settingsOf, type WorkspaceSettings, workspaceSettings } from '../../db/workspaces.ts';
import { type Card, type Form, textCard } from '../card.ts';
import { type Text, textOf } from '../text.ts';
import { aspect, audio, duration, quality, resolution, style } from './choices.ts';
import { command } from './command.ts';
import { flagOption, textOption } from './option.ts';

type Defaults = WorkspaceSettings['defaults'];

const usual = runOptions.parse({});

/** With options it changes those defaults at once; without any it answers with a form. */
export const settings = command({
  name: 'settings',
  describe: (text) => text.commands.describe.settings,
  access: 'admin',
  options: z.object({
    ...{ style, quality, aspect, duration, resolution, audio },
    blocked: textOption(2_000, (text) => text.commands.options.blocked),
    reset: flagOption(false, (text) => text.commands.options.reset),
  }),
  run: async ({ services, workspace, locale }, { reset = false, blocked, ...wished }) => {
    const text = textOf(locale);
    const { defaults, blockedWords } = await settingsOf(services.db, workspace.id);
    const said = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined));
    if (!reset && blocked === undefined && Object.keys(said).length === 0) {
      const video = services.providers.choose('video', await services.keys.of(workspace.id));
      return { kind: 'form', form: formOf(defaults, video?.provider.capabilities.durations ?? [], text) };
    }
    const next = workspaceSettings.parse({
      blockedWords: blocked === undefined ? blockedWords : wordsOf(blocked),
      defaults: { ...(reset ? {} : defaults), ...said },
    });
    await saveSettings(services.db, workspace.id, next);
    return { kind: 'card', card: settingsCard(next, text.commands.settings.saved, text) };
  },
  submit: async ({ services, workspace, locale }, values) => {
    const text = textOf(locale);
    const { blockedWords } = await settingsOf(services.db, workspace.id);
    const next = workspaceSettings.parse({ blockedWords, defaults: readForm(values) });
    await saveSettings(services.db, workspace.id, next);
    return { kind: 'card', card: settingsCard(next, text.commands.settings.saved, text) };
  },
});

/** The settings as they are, for a face that has no forms. */
export function settingsCard({ defaults, blockedWords }: WorkspaceSettings, title: string, text: Text): Card {
  const { settings: words, options } = text.commands;
  const shown = (option: keyof RunOptions) => {
    const value = defaults[option];
    return value === undefined ? words.usual(plain(usual[option], text)) : plain(value, text);
  };
  const labels = ['style', 'quality', 'aspect', 'duration', 'resolution', 'audio'] as const;
  const fields = labels.map((option) => ({ label: options[option], value: shown(option) }));
  const blocked = { label: words.blocked, value: blockedWords.join(', ') || words.noneBlocked };
  return { ...textCard('plain', title, words.intro), blocks: [{ kind: 'fields', fields: [...fields, blocked] }] };
}

const wordsOf = (list: string): string[] =>
  list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word.toLowerCase() !== 'none')
    .slice(0, 200);

function plain(value: string | number | boolean, text: Text): string {
  if (typeof value === 'boolean') return value ? text.commands.usage.on : text.commands.usage.off;
  return typeof value === 'number' ? text.commands.settings.seconds(value) : value;
}

/** An empty value is no wish: what the product usually does. Resolution and sound share a field, for a modal holds only five. */
function formOf(defaults: Defaults, durations: readonly number[], text: Text): Form {
  const { settings: words } = text.commands;
  const field = (name: keyof typeof words.fields, fallback: string, choices: readonly Choice[], value: string) => ({
    kind: 'choice' as const,
    name,
    label: words.fields[name],
    choices: [{ value: '', label: words.usual(fallback) }, ...choices],
    value,
  });
  const video = (size: string, sound: boolean) => ({
    value: `${size} ${sound ? 'on' : 'off'}`,
    label: words.resolution(size, sound),
  });
  const wishesVideo = defaults.resolution !== undefined || defaults.audio !== undefined;
  const wished = video(defaults.resolution ?? usual.resolution, defaults.audio ?? usual.audio);
  return {
    command: 'settings',
    title: words.title,
    intro: words.intro,
    fields: [
      field('style', usual.style, styles.map(named), defaults.style ?? ''),
      field('quality', usual.quality, qualities.map(named), defaults.quality ?? ''),
      field('aspect', usual.aspect, aspects.map(named), defaults.aspect ?? ''),
      field(
        'duration',
        words.seconds(usual.duration),
        durations.map((amount) => ({ value: String(amount), label: words.seconds(amount) })),
        defaults.duration === undefined ? '' : String(defaults.duration),
      ),
      field(
        'video',
        words.resolution(usual.resolution, usual.audio),
        resolutions.flatMap((size) => [video(size, true), video(size, false)]),
        wishesVideo ? wished.value : '',
      ),
    ],
  };
}

type Choice = { value: string; label: string };

const named = (value: string): Choice => ({ value, label: value });

function readForm(values: Readonly<Record<string, string>>): Record<string, unknown> {
  const [size, sound] = (values.video ?? '').split(' ');
  const read = {
    style: values.style,
    quality: values.quality,
    aspect: values.aspect,
    duration: values.duration ? Number(values.duration) : undefined,
    resolution: size,
    audio: sound ? sound === 'on' : undefined,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined && value !== ''));
}
