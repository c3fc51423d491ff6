import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { isFound, type Listed } from './modelFacts.ts';
import { namesFor, wordFor, wordsWith } from './modelWords.ts';
import { Select } from './select.ts';
import { lateWords } from './words.ts';

type Defaults = { listed: Listed | null; words: readonly string[]; onChoose: (words: string[]) => void };

/** The models that a run uses unless its member chooses others. */
export function DefaultModels({ listed, words, onChoose }: Defaults): VNode[] {
  const { settings } = lateWords();
  if (!listed) return [];
  return listed.kinds.toReversed().map(({ kind, models }) => {
    const { aliases } = namesFor(listed, kind);
    const choices = [
      ...aliases.map(({ name, models: meant }) => [name, settings.shortcut(name, meant)]),
      ...models.map(({ id, title }) => [id, title]),
    ];
    return html`<${Select} key=${kind} label=${settings.model[kind]} value=${wordFor(listed, words, kind)} choices=${choices} onChoose=${(word: string) => onChoose(wordsWith(listed, words, kind, word))} />`;
  });
}

type Allowed = { listed: Listed | null; allowed: readonly string[]; onChoose: (allowed: string[]) => void };

/** The only models that members may use. None ticked: all. */
export function AllowedModels({ listed, allowed, onChoose }: Allowed): VNode {
  const [typed, setTyped] = useState('');
  const { settings, models: late } = lateWords();
  const kinds = listed?.kinds.toReversed() ?? [];
  const known = kinds.flatMap(({ models }) => models.map(({ id }) => id));
  const groups = [
    ...kinds.map(({ kind, models }) => ({ name: late.kinds[kind], models })),
    {
      name: settings.notHere,
      models: allowed.flatMap((id) => (known.includes(id) || !listed ? [] : { id, title: id, maker: '' })),
    },
  ];
  const tick = (id: string) => onChoose(allowed.includes(id) ? allowed.filter((one) => one !== id) : [...allowed, id]);
  return html`<details class="allowed-models">
    <summary>${settings.allowed(allowed.length)}</summary>
    <p class="quiet">${settings.allowedHint}</p>
    <input type="search" aria-label=${late.search} placeholder=${late.search} value=${typed} onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => setTyped(currentTarget.value)} onKeyDown=${(event: KeyboardEvent) => event.key === 'Enter' && event.preventDefault()} />
    <div class="allowed-list">
      ${groups.map(({ name, models }) => {
        const found = models.filter((model) => isFound(model, typed));
        return (
          found.length > 0 &&
          html`<fieldset key=${name}><legend>${name}</legend>
          ${found.map(({ id, title }) => html`<label class="tick" key=${id}><input type="checkbox" checked=${allowed.includes(id)} onChange=${() => tick(id)} /><span>${title}${title !== id && html` <code>${id}</code>`}</span></label>`)}
        </fieldset>`
        );
      })}
    </div>
  </details>`;
}
