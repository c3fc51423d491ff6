import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { settingsState } from '../contract/settings.ts';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { keysOf } from './choiceFields.ts';
import { icon } from './icons.ts';
import type { Listed } from './modelFacts.ts';
import type { Offer } from './offer.ts';
import { usePage } from './page.ts';
import { Select } from './select.ts';
import { AllowedModels, DefaultModels } from './settingsModels.ts';
import { lateWords } from './words.ts';

type Values = z.infer<typeof settingsState>;
type Typed = HTMLInputElement | HTMLTextAreaElement;
type Defaults = Values['defaults'];

const listed = (typed: string): string[] =>
  [...new Set(typed.split(/[\n,]/).map((word) => word.trim()))].filter((word) => word !== '');

/** The defaults of a command, and the words that no prompt may contain. */
export function Settings(): VNode {
  const { api, words, session, tell } = usePage();
  const [values, setValues] = useState<Values | null>(null);
  const [blocked, setBlocked] = useState('');
  const [channels, setChannels] = useState('');
  const [daily, setDaily] = useState('');
  const [isSaved, setIsSaved] = useState(false);
  const show = (now: Values) => {
    setValues(now);
    setBlocked(now.blockedWords.join('\n'));
    setChannels(now.channels.join('\n'));
    setDaily(String(now.dailyRuns ?? ''));
  };
  const stored = useAnswer<Values>('/api/settings');
  const offer = useAnswer<Offer>('/api/options');
  const models = useAnswer<Listed>('/api/models').body;
  const durations = offer.body?.workflows.find(({ name }) => name === 'video')?.allowed.duration ?? [];
  useEffect(() => {
    if (stored.body) show(stored.body);
  }, [stored.body]);
  const save = async (event: Event) => {
    event.preventDefault();
    if (!values) return;
    const dailyRuns = Number(daily) > 0 ? Number(daily) : null;
    const body = { ...values, blockedWords: listed(blocked), channels: listed(channels), dailyRuns };
    const answer = await api.send<Values>('PUT', '/api/settings', { body });
    if (!tell(answer)) return;
    show(answer.body);
    setIsSaved(true);
  };
  const choose = (some: { [Name in keyof Defaults]: Defaults[Name] | undefined }) => {
    setIsSaved(false);
    setValues((now) => now && { ...now, defaults: without({ ...now.defaults, ...some }) });
  };
  const typing = (put: (typed: string) => void) => (event: Event & { currentTarget: Typed }) => {
    setIsSaved(false);
    put(event.currentTarget.value);
  };
  const tick = (name: 'spoilers' | 'mentions') => (event: Event & { currentTarget: HTMLInputElement }) => {
    setIsSaved(false);
    const isTicked = event.currentTarget.checked;
    setValues((now) => now && { ...now, [name]: isTicked });
  };
  const isChat = session.workspace.platform !== 'terminal';
  const { settings } = lateWords();
  const chooseResults = (event: Event & { currentTarget: HTMLSelectElement }) => {
    setIsSaved(false);
    const chosen = event.currentTarget.value;
    const results = keysOf(settings.resultsShown).find((one) => one === chosen);
    setValues((now) => now && { ...now, results: results ?? now.results });
  };
  const chooseAdders = (event: Event & { currentTarget: HTMLSelectElement }) => {
    setIsSaved(false);
    const chosen = event.currentTarget.value;
    const castBy = keysOf(settings.castByWhom).find((one) => one === chosen);
    setValues((now) => now && { ...now, castBy: castBy ?? now.castBy });
  };
  const allow = (allowedModels: string[]) => {
    setIsSaved(false);
    setValues((now) => now && { ...now, allowedModels });
  };
  const defaults = values?.defaults ?? {};
  const select = <Value extends string>(
    name: 'style' | 'quality' | 'aspect' | 'resolution',
    all: Record<Value, string>,
  ) =>
    html`<${Select} label=${words.options[name]} value=${defaults[name] ?? ''} choices=${keysOf(all).map((value) => [value, all[value]])} onChoose=${(value: string) => choose({ [name]: value === '' ? undefined : value })} />`;
  const sound = defaults.audio === undefined ? '' : String(defaults.audio);
  return html`<section class="panel" aria-labelledby="settings">
    <h2 id="settings">${settings.title}</h2>
    <p class="quiet">${settings.intro}</p>
    ${stored.isAway && html`<${Away} />`}
    <form onSubmit=${save} aria-busy=${values === null}>
      <fieldset class="settings" disabled=${values === null}>
      <div class="settings-grid">
        ${select('style', words.styles)}${select('aspect', words.aspects)}${select('quality', words.qualities)}
        <${Select} label=${words.options.duration} value=${defaults.duration === undefined ? '' : String(defaults.duration)} choices=${durations.map((amount) => [String(amount), words.seconds(amount)])} onChoose=${(value: string) => choose({ duration: value === '' ? undefined : Number(value) })} />
        ${select('resolution', words.resolutions)}
        <${Select} label=${words.options.frames} value=${defaults.frames === undefined ? '' : String(defaults.frames)} choices=${[1, 2, 3, 4].map((count) => [String(count), words.framesOf(count)])} onChoose=${(value: string) => choose({ frames: value === '' ? undefined : Number(value) })} />
        <${Select} label=${words.options.audio} value=${sound} choices=${[['true', words.on], ['false', words.off]]} onChoose=${(value: string) => choose({ audio: value === '' ? undefined : value === 'true' })} />
        <${DefaultModels} listed=${models} words=${defaults.models ?? []} onChoose=${(chosen: string[]) => choose({ models: chosen.length > 0 ? chosen : undefined })} />
      </div>
      <${AllowedModels} listed=${models} allowed=${values?.allowedModels ?? []} onChoose=${allow} />
      <label class="stacked">${settings.blocked}<textarea rows="3" value=${blocked} placeholder=${settings.blockedHint} onInput=${typing(setBlocked)} /></label>
      <div class="settings-grid">
        <label class="stacked">${settings.daily}<input type="number" min="0" max="1000" step="1" value=${daily} placeholder=${settings.dailyHint} onInput=${typing(setDaily)} /></label>
        <label class="stacked">${settings.results}<select value=${values?.results ?? 'off'} onChange=${chooseResults}>
          ${keysOf(settings.resultsShown).map((value) => html`<option value=${value}>${settings.resultsShown[value]}</option>`)}
        </select></label>
        <label class="stacked">${settings.castBy}<select value=${values?.castBy ?? 'members'} onChange=${chooseAdders}>
          ${keysOf(settings.castByWhom).map((value) => html`<option value=${value}>${settings.castByWhom[value]}</option>`)}
        </select></label>
      </div>
      ${
        isChat &&
        html`<label class="stacked">${settings.channels}<textarea rows="2" value=${channels} placeholder=${settings.channelsHint} onInput=${typing(setChannels)} /></label>
          <label class="tick"><input type="checkbox" role="switch" checked=${values?.spoilers ?? false} onChange=${tick('spoilers')} />${settings.spoilers}</label>
          <label class="tick"><input type="checkbox" role="switch" checked=${values?.mentions ?? true} onChange=${tick('mentions')} />${settings.mentions}</label>`
      }
      <div class="buttons">
        <button class="button primary">${settings.save}</button>
        <p class="said good" role="status">${isSaved && html`${icon('check')}<span>${settings.saved}</span>`}</p>
      </div>
      </fieldset>
    </form>
  </section>`;
}

/** Removes the keys that have no value, because an absent default means "no preference". */
function without(defaults: { [Name in keyof Defaults]: Defaults[Name] | undefined }): Defaults {
  const wished: Defaults = {};
  for (const [name, value] of Object.entries(defaults))
    if (value !== undefined) Object.assign(wished, { [name]: value });
  return wished;
}
