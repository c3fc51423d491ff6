import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import { changesOf, said } from './modelFacts.ts';
import { ModelPicker } from './modelPicker.ts';
import type { Choices, Offered } from './offer.ts';
import { usePage } from './page.ts';
import { type Picks, remember } from './picks.ts';
import { lateWords } from './words.ts';

type Given = {
  offered: Offered;
  /** The options that the member has chosen, and those that the models can do. */
  wished: Choices;
  choices: Choices;
  picks: Picks;
  /** False while the options of other models are loading. */
  isCurrent: boolean;
  /** The options of the run in an address. */
  query: string;
  onPick: (picks: Picks) => void;
};

/** The models of the run. A press opens the list of all of them. */
export function ModelField({ offered, wished, choices, picks, isCurrent, query, onPick }: Given): VNode {
  const { session, words } = usePage();
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const { models: late } = lateWords();
  const notes = notesOf();
  const shown = offered.steps
    .toReversed()
    .filter(({ kind, model }) => kind !== 'enhance' || picks.enhance === model)
    .map(({ title }) => title);
  const pick = (now: Picks) => {
    remember(session.workspace.id, now);
    onPick(now);
  };
  return html`<span class="model-label" id=${id}>${late.field}</span>
    <button type="button" class="button model-button" id="${id}-button" aria-haspopup="dialog" aria-labelledby="${id} ${id}-button" aria-describedby="${id}-note" onClick=${() => setIsOpen(true)}>
      <span>${[...new Set(shown)].join(' · ')}</span>
    </button>
    <p class="why" id="${id}-note" role="status">${notes}</p>
    ${isOpen && html`<${ModelPicker} offered=${offered} choices=${choices} picks=${picks} query=${query} notes=${notes} onPick=${pick} onClose=${() => setIsOpen(false)} />`}`;

  /** Tells which options the chosen models have changed, and which of them cannot be used now. */
  function notesOf(): string {
    if (!isCurrent) return '';
    const picked = offered.steps.toReversed().filter(({ kind }) => picks[kind] !== undefined);
    const gone = picked.flatMap(({ kind, model }) => (picks[kind] === model ? [] : [late.gone(picks[kind] ?? '')]));
    const changes = changesOf(wished, choices, offered.options).map(([now, before]) =>
      late.instead(said(now, words), said(before, words)),
    );
    const titles = [...new Set(picked.filter(({ kind }) => kind !== 'enhance').map(({ title }) => title))];
    const changed = changes.length > 0 && titles.length > 0 ? [late.changed(titles.join(', '), changes)] : [];
    return [...gone, ...changed].join(' ');
  }
}
