import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { Dialog } from './dialog.ts';
import { factsOf, isFound, type Kind, type Listed, type Model, obstaclesOf, said } from './modelFacts.ts';
import type { Choices, Offered } from './offer.ts';
import { usePage } from './page.ts';
import { type Picks, pickKinds } from './picks.ts';
import { lateWords } from './words.ts';

type Given = {
  offered: Offered;
  choices: Choices;
  picks: Picks;
  query: string;
  /** Says which options the chosen models have changed. */
  notes: string;
  onPick: (picks: Picks) => void;
  onClose: () => void;
};

/** All models for the steps of a run, with what each can do and costs. A choice counts at once. */
export function ModelPicker({ offered, choices, picks, query, notes, onPick, onClose }: Given): VNode {
  const { words } = usePage();
  const address = `/api/models?${query}`;
  const { body, path, isAway } = useAnswer<Listed>(address);
  const [typed, setTyped] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const { models: late } = lateWords();
  const pick = (some: Picks) => onPick(inOrder({ ...picks, ...some }));
  // Videos come first: people care about their models most.
  const groups = (body?.kinds ?? []).toReversed().map(({ kind, models }) => ({
    kind,
    models,
    found: models.filter((model) => isFound(model, typed)),
  }));
  const count = groups.reduce((sum, { found }) => sum + found.length, 0);
  const key = (event: KeyboardEvent) => {
    // Enter would send the form, and the arrow leads to what was found.
    if (event.key === 'Enter') event.preventDefault();
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    const [first] = list.current?.querySelectorAll<HTMLInputElement>('input:not(:disabled)') ?? [];
    (list.current?.querySelector<HTMLInputElement>('input:checked') ?? first)?.focus();
  };
  return html`<${Dialog} title=${late.title} close=${late.done} onClose=${onClose}>
    <div class="picker">
      <label class="hidden" for=${id}>${late.search}</label>
      <input id=${id} type="search" maxlength="120" placeholder=${late.search} autocomplete="off" value=${typed} onInput=${({ currentTarget }: { currentTarget: HTMLInputElement }) => setTyped(currentTarget.value)} onKeyDown=${key} />
      <p class="hidden" role="status">${body && late.found(count)}</p>
      ${isAway && html`<${Away} />`}
      <${Aliases} listed=${body} picks=${picks} onPick=${pick} />
      <div class="model-groups" ref=${list} aria-busy=${body === null}>
        ${groups.map(
          ({ kind, models, found }) =>
            found.length > 0 &&
            html`<fieldset key=${kind} class="model-group">
              <legend>${late.kinds[kind]}</legend>
              ${typed === '' && html`<${Automatic} kind=${kind} models=${models} isChosen=${picks[kind] === undefined} onChoose=${() => onPick(inOrder({ ...picks, [kind]: undefined }))} />`}
              ${found.map((model) => html`<${Row} key=${model.id} kind=${kind} model=${model} isChosen=${picks[kind] === model.id} why=${whyNot(kind, model)} onChoose=${() => pick({ [kind]: model.id })} />`)}
            </fieldset>`,
        )}
        ${body && count === 0 && html`<p class="quiet">${late.none}</p>`}
      </div>
      <p class="why" role="status">${notes}</p>
    </div>
  </${Dialog}>`;

  /** The reasons why a model cannot do what is chosen. A choice of it changes that. */
  function whyNot(kind: Kind, model: Model): string {
    if (!model.isAllowed) return late.notAllowed;
    const missing = obstaclesOf(model, kind, choices, offered.options).map((value) => said(value, words));
    if (missing.length > 0) return late.makesNo(missing);
    // The prices may still be those of other options.
    if (model.priceCredits !== null || path !== address) return '';
    return kind === 'image' && model.references === 0 ? late.followsNone : late.unable;
  }
}

/** The picks without those that are undefined, in the order of the steps. */
const inOrder = (picks: { [Step in Kind]?: string | undefined }): Picks =>
  Object.fromEntries(pickKinds.flatMap((kind) => (picks[kind] === undefined ? [] : [[kind, picks[kind]]])));

type Shortcuts = { listed: Listed | null; picks: Picks; onPick: (picks: Picks) => void };

/** The operator's names for models. Each stands for one of some kinds. */
function Aliases({ listed, picks, onPick }: Shortcuts): VNode | null {
  if (!listed || listed.aliases.length === 0) return null;
  const standsFor = (models: readonly string[]): Picks =>
    Object.fromEntries(
      listed.kinds.flatMap(({ kind, models: known }) => {
        const model = models.find((one) => known.some(({ id, isAllowed }) => id === one && isAllowed));
        return model === undefined ? [] : [[kind, model]];
      }),
    );
  return html`<div class="model-aliases" role="group" aria-label=${lateWords().models.aliases}>
    ${listed.aliases.map(({ name, models }) => {
      const meant = standsFor(models);
      const isChosen = pickKinds.every((kind) => meant[kind] === undefined || meant[kind] === picks[kind]);
      return html`<button type="button" class="button" key=${name} aria-pressed=${isChosen} title=${models.join(' + ')} onClick=${() => onPick(meant)}>${name}</button>`;
    })}
  </div>`;
}

type Chosen = { kind: Kind; isChosen: boolean; onChoose: () => void };

function Automatic({ kind, models, isChosen, onChoose }: Chosen & { models: readonly Model[] }): VNode {
  const { models: late } = lateWords();
  const usual = models.find(({ isDefault }) => isDefault);
  return html`<${Line} kind=${kind} isChosen=${isChosen} onChoose=${onChoose} title=${late.automatic} aside="" facts=${usual ? late.automaticNow(usual.title) : ''} price=${usual?.priceCredits ?? null} />`;
}

function Row({ kind, model, isChosen, why, onChoose }: Chosen & { model: Model; why: string }): VNode {
  const { words } = usePage();
  const { id, title, maker, keySource, isAllowed, priceCredits } = model;
  const own = keySource === 'workspace' ? [words.ownKey] : [];
  const makers = maker === title || maker === id ? [] : [maker];
  const facts = [...makers, ...factsOf(model, kind, words), ...own].join(' · ');
  return html`<${Line} kind=${kind} isChosen=${isChosen} isBarred=${!isAllowed} onChoose=${onChoose} title=${title} aside=${id === title ? '' : id} facts=${facts} price=${priceCredits} why=${why} />`;
}

type Shown = Chosen & {
  title: string;
  aside: string;
  facts: string;
  price: number | null;
  why?: string;
  isBarred?: boolean;
};

function Line({ kind, isChosen, isBarred, onChoose, title, aside, facts, price, why }: Shown): VNode {
  const { words } = usePage();
  const id = useId();
  return html`<label class="model-line">
    <input type="radio" name="model-${kind}" checked=${isChosen} disabled=${isBarred} aria-labelledby="${id}-name" aria-describedby="${id}-facts ${id}-price ${id}-why" onChange=${onChoose} />
    <span class="model-name" id="${id}-name">${title}${aside !== '' && html` <code>${aside}</code>`}</span>
    <span class="model-price" id="${id}-price">${price !== null && words.credits(price)}</span>
    <span class="model-facts quiet" id="${id}-facts">${facts}</span>
    <span class="model-why" id="${id}-why">${why}</span>
  </label>`;
}
