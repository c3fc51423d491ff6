import { castAdders, type WorkspaceSettings, workspaceSettings } from '../../db/workspaces.ts';
import { maxFrames, resultModerations, runOptions, styles } from '../../domain.ts';
import type { Offer } from '../../pipeline/offer.ts';
import { tidied } from '../../plainText.ts';
import type { Form, FormField, FormPage } from '../card.ts';
import { type Text, textOf } from '../text.ts';
import type { FormValues } from './command.ts';
import { shortlist } from './offered.ts';
import type { Refusal } from './refusal.ts';
import { hasChannels, hasMentions, hasSpoilers, type Onlooker, settingsCard } from './settingsCard.ts';
import { listedModels, maxAllowed, tooManyModels } from './settingsModels.ts';

export const maxDailyRuns = 1_000;
const maxChannels = 25;
/** Slack's fields take this many characters. The words that people type into a field are always fewer. */
const maxWords = 3_000;

const defaultOptions = runOptions.parse({});

/** The settings in five pages. `offer` is what the available models support. */
export function settingsForm(onlooker: Onlooker, settings: WorkspaceSettings, offer: Offer): Form {
  const text = textOf(onlooker.locale);
  const { settings: words } = text.commands;
  const { pages } = words;
  return {
    command: 'settings',
    title: words.title,
    intro: words.intro,
    overview: settingsCard(onlooker, settings, words.title),
    pages: [
      { name: 'defaults', label: pages.defaults, fields: defaultFields(settings.defaults, offer, text) },
      { name: 'limits', label: pages.limits, fields: limitFields(onlooker, settings, text) },
      { name: 'video', label: pages.video, fields: [framesField(settings.defaults, text)] },
      { name: 'models', label: pages.models, fields: modelFields(settings, text) },
      { name: 'words', label: pages.words, fields: wordFields(settings, text) },
    ],
  };
}

/** How many images a member sees before there is a video. */
function framesField({ frames = defaultOptions.frames }: WorkspaceSettings['defaults'], text: Text): FormField {
  const { settings: words } = text.commands;
  const counts = Array.from({ length: maxFrames }, (_, index) => index + 1);
  return {
    kind: 'choice',
    name: 'frames',
    label: words.frames,
    choices: counts.map((count) => ({ value: String(count), label: words.framesShown(count) })),
    value: String(frames),
  };
}

function modelFields({ defaults, allowedModels }: WorkspaceSettings, text: Text): FormField[] {
  const { model, modelHint, allow, allowHint } = text.commands.settings;
  const chosen = (defaults.models ?? []).join(' + ');
  return [
    { kind: 'text', name: 'model', label: model, hint: modelHint, maxLength: 800, isLong: false, value: chosen },
    {
      kind: 'text',
      name: 'allow',
      label: allow,
      hint: allowHint,
      maxLength: maxAllowed,
      isLong: true,
      value: allowedModels.join('\n'),
    },
  ];
}

type Choice = { value: string; label: string };

const named = (value: string): Choice => ({ value, label: value });

/** An empty value means the product's default. Resolution and sound share a field, because a modal holds only five. */
function defaultFields(defaults: WorkspaceSettings['defaults'], offer: Offer, text: Text): FormPage['fields'] {
  const { settings: words } = text.commands;
  const field = (name: keyof typeof words.fields, fallback: string, choices: readonly Choice[], value: string) => ({
    kind: 'choice' as const,
    name,
    label: words.fields[name],
    choices: [{ value: '', label: words.defaultValue(fallback) }, ...choices],
    value,
  });
  const video = (size: string, sound: boolean) => ({
    value: `${size} ${sound ? 'on' : 'off'}`,
    label: words.resolution(size, sound),
  });
  const wishesVideo = defaults.resolution !== undefined || defaults.audio !== undefined;
  const wished = video(defaults.resolution ?? defaultOptions.resolution, defaults.audio ?? defaultOptions.audio);
  return [
    field('style', defaultOptions.style, styles.map(named), defaults.style ?? ''),
    field('quality', defaultOptions.quality, offer.quality.map(named), defaults.quality ?? ''),
    field('aspect', defaultOptions.aspect, offer.aspect.map(named), defaults.aspect ?? ''),
    field(
      'duration',
      words.seconds(defaultOptions.duration),
      lengthsWith(offer.duration, defaults.duration).map((amount) => ({
        value: String(amount),
        label: words.seconds(amount),
      })),
      defaults.duration === undefined ? '' : String(defaults.duration),
    ),
    field(
      'video',
      words.resolution(defaultOptions.resolution, defaultOptions.audio),
      offer.resolution.flatMap((size) => [video(size, true), video(size, false)]),
      wishesVideo ? wished.value : '',
    ),
  ];
}

/** The lengths to choose from, with the present one. */
function lengthsWith(durations: readonly number[], present: number | undefined): number[] {
  const short = shortlist(durations);
  const isThere = present === undefined || short.includes(present);
  return isThere ? short : [...short, present].sort((a, b) => a - b);
}

function limitFields(onlooker: Onlooker, settings: WorkspaceSettings, text: Text) {
  const { castBy, channels, dailyRuns, spoilers, mentions } = settings;
  const { settings: words } = text.commands;
  const where: FormField = {
    kind: 'channels',
    name: 'channels',
    label: words.channels,
    hint: words.channelsHint,
    max: maxChannels,
    channelIds: channels,
  };
  const often: FormField = {
    kind: 'text',
    name: 'daily',
    label: words.daily,
    hint: words.dailyHint,
    maxLength: 4,
    isLong: false,
    value: dailyRuns === null ? '' : String(dailyRuns),
  };
  const hidden: FormField = {
    kind: 'ticks',
    name: 'spoilers',
    label: words.spoilers,
    choices: [{ value: 'on', label: words.spoilersOn }],
    ticked: spoilers ? ['on'] : [],
  };
  const called: FormField = {
    kind: 'ticks',
    name: 'mentions',
    label: words.mentions,
    choices: [{ value: 'on', label: words.mentionsOn }],
    ticked: mentions ? ['on'] : [],
  };
  const adders: FormField = {
    kind: 'choice',
    name: 'castBy',
    label: words.castBy,
    choices: castAdders.map((who) => ({ value: who, label: words.castByWhom[who] })),
    value: castBy,
  };
  return [
    ...(hasChannels(onlooker) ? [where] : []),
    often,
    ...(hasSpoilers(onlooker) ? [hidden] : []),
    ...(hasMentions(onlooker) ? [called] : []),
    adders,
  ];
}

function wordFields({ blockedWords, results }: WorkspaceSettings, text: Text): FormField[] {
  const { blocked, blockedHint, results: label, resultsShown } = text.commands.settings;
  const value = blockedWords.join('\n');
  const choices = resultModerations.map((one) => ({ value: one, label: resultsShown[one] }));
  return [
    { kind: 'text', name: 'blocked', label: blocked, hint: blockedHint, maxLength: maxWords, isLong: true, value },
    { kind: 'choice', name: 'results', label, choices, value: results },
  ];
}

/** Splits a list of words at commas or line breaks. */
export const wordsOf = (list: string): string[] =>
  listed(list, /[,\n]/)
    .map((word) => tidied(word.slice(0, 80)))
    .filter((word) => word !== '' && word.toLowerCase() !== 'none')
    .slice(0, 200);

const listed = (list: string, separator: RegExp): string[] =>
  list
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== '');

type ReadForm = { outcome: 'read'; settings: WorkspaceSettings } | { outcome: 'refused'; refusal: Refusal };

/** The settings after a form. Settings that were not on the submitted page stay as they are. */
export function readForm(before: WorkspaceSettings, values: FormValues): ReadForm {
  const { daily, channels, spoilers, mentions, castBy, blocked, results, model, allow } = values;
  const often = daily === undefined || daily.trim() === '' ? 0 : Number(daily);
  if (!Number.isInteger(often) || often < 0 || often > maxDailyRuns) {
    const allowed = { kind: 'whole_number', min: 0, max: maxDailyRuns } as const;
    const refusal = { reason: 'bad_value', option: 'daily', given: daily ?? '', nearest: null, allowed } as const;
    return { outcome: 'refused', refusal };
  }
  const models = model === undefined ? null : listedModels(model);
  const allowed = allow === undefined ? null : listedModels(allow);
  const tooMany = tooManyModels({ model: models ?? [], allow: allowed ?? [] });
  if (tooMany) return { outcome: 'refused', refusal: tooMany };
  const settings = workspaceSettings.parse({
    ...before,
    defaults: { ...readDefaults(before.defaults, values), ...(models && { models }) },
    ...(allowed && { allowedModels: allowed }),
    ...(castBy === undefined ? {} : { castBy }),
    ...(daily === undefined ? {} : { dailyRuns: often === 0 ? null : often }),
    ...(channels === undefined ? {} : { channels: listed(channels, /,/).slice(0, maxChannels) }),
    ...(spoilers === undefined ? {} : { spoilers: spoilers === 'on' }),
    ...(mentions === undefined ? {} : { mentions: mentions === 'on' }),
    ...(blocked === undefined ? {} : { blockedWords: wordsOf(blocked) }),
    ...(results === undefined ? {} : { results }),
  });
  return { outcome: 'read', settings };
}

const defaultNames = ['style', 'quality', 'aspect', 'duration', 'video'];

/** The defaults are on three pages. */
function readDefaults(before: WorkspaceSettings['defaults'], values: FormValues): Record<string, unknown> {
  const { frames: framesBefore, models, ...others } = before;
  const isOnPage = Object.keys(values).some((name) => defaultNames.includes(name));
  const frames = values.frames === undefined ? framesBefore : Number(values.frames);
  const read: Record<string, unknown> = { ...(isOnPage ? readOptions(values) : others), frames, models };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined && value !== ''));
}

function readOptions(values: FormValues): Record<string, unknown> {
  const [size, sound] = (values.video ?? '').split(' ');
  return {
    style: values.style,
    quality: values.quality,
    aspect: values.aspect,
    duration: values.duration ? Number(values.duration) : undefined,
    resolution: size,
    audio: sound ? sound === 'on' : undefined,
  };
}
