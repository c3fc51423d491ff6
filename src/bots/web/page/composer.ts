import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { executed } from '../contract.ts';
import { useAnswer } from './answers.ts';
import { pressKey } from './api.ts';
import { ChoiceFields } from './choiceFields.ts';
import { segments } from './controls.ts';
import { type GivenImage, ImageField, useGivenImages } from './givenImage.ts';
import { icon } from './icons.ts';
import { type Choices, executeBody, fitted, type Offer, type Quote, quoteAddress, type Workflow } from './offer.ts';
import { usePage } from './page.ts';
import { PromptField } from './promptField.ts';
import { Runs } from './runs.ts';
import { useStore } from './store.ts';

const draftName = 'draft';

/** The form for a new run, with the existing runs below it. */
export function Composer({ onIdle }: { onIdle: () => void }): VNode {
  const { api, words, tell, go, live } = usePage();
  const { body: offer, isAway } = useAnswer<Offer>('/api/options');
  const [workflow, setWorkflow] = useState<Workflow>('complete');
  const [wished, setWished] = useState<Choices | null>(null);
  const [prompt, setPrompt] = useState(() => sessionStorage.getItem(draftName) ?? '');
  const [image, setImage] = useState<GivenImage | null>(null);
  const [isStarting, setIsStarting] = useState(false);
  const press = useRef({ wish: '', key: '' });
  const field = useRef<HTMLTextAreaElement>(null);
  const account = useStore(live.account);
  const { isOver, take } = useGivenImages(offer?.image, (given) => {
    setImage(given);
    setWorkflow('video');
  });

  useEffect(() => {
    if (!offer) return;
    setWished(offer.defaults);
    onIdle();
  }, [offer]);
  useEffect(() => sessionStorage.setItem(draftName, prompt), [prompt]);

  const offered = offer?.workflows.find(({ name }) => name === workflow);
  const choices = offered && wished && fitted(wished, offered);
  const address = offered && choices ? quoteAddress(offered, choices) : null;
  const asked = useAnswer<Quote>(address, account?.balance);
  const quote = asked.body;
  // The button shows the price of the run. It is disabled while a new price is loading.
  const isPriced = asked.path === address;
  const why = obstacleOf();
  function obstacleOf(): string | null {
    if (isAway || asked.isAway) return `${words.away.title}. ${words.away.again}`;
    if (!offered || !quote || !isPriced) return '';
    if (!offered.available) return words.unavailable;
    if (!quote.possible) return quote.sentence;
    if (workflow === 'video' && !image) return words.needsImage;
    if (workflow !== 'video' && prompt.trim() === '') return words.needsWords;
    return null;
  }

  const start = async () => {
    if (why !== null || isStarting || !choices) {
      if (prompt.trim() === '') field.current?.focus();
      return;
    }
    setIsStarting(true);
    const body = executeBody(workflow, choices, prompt, workflow === 'video' ? (image?.dataUrl ?? null) : null);
    // A retry of the same request after a lost answer keeps its key, so that it is not charged twice.
    const wish = JSON.stringify(body);
    if (press.current.wish !== wish) press.current = { wish, key: pressKey() };
    // The button says the price of the quote, and no press costs more than its button says.
    const path = `/api/workflow/execute?maxCredits=${quote?.priceCredits ?? 0}`;
    const answer = await api.send<z.infer<typeof executed>>('POST', path, {
      body,
      key: press.current.key,
    });
    setIsStarting(false);
    if (!tell(answer)) {
      if (answer.ok || answer.refusal.status !== 0) press.current = { wish: '', key: '' };
      return;
    }
    sessionStorage.removeItem(draftName);
    go(`/runs/${answer.body.workflowId}`);
  };

  const submit = (event: Event) => {
    event.preventDefault();
    start();
  };
  const priced = quote ? words.makeIt(quote.priceCredits) : words.make;
  return html`<div class="make ${isOver ? 'dropping' : ''}">
    <h1>${words.composer.title}</h1>
    <form class="composer" aria-label=${words.composer.title} onSubmit=${submit}>
      ${segments({
        legend: words.composer.workflow,
        look: 'tabs',
        value: workflow,
        onChoose: setWorkflow,
        choices: (['complete', 'image', 'video'] as const).map((name) => ({
          value: name,
          label: words.workflows[name],
          barred:
            offer?.workflows.find((one) => one.name === name)?.available === false ? words.unavailable : undefined,
        })),
      })}
      <div class="sheet ${workflow === 'video' ? '' : 'with-ideas'}">
        ${
          workflow === 'video' &&
          html`<${ImageField} image=${image} isOver=${isOver} onTake=${take} onRemove=${() => setImage(null)} />`
        }
        <${PromptField}
          field=${field}
          label=${workflow === 'video' ? words.composer.motion : words.composer.prompt}
          placeholder=${workflow === 'video' ? words.composer.motionHint : words.composer.hint}
          value=${prompt}
          longest=${offer?.maxPromptLength ?? 4000}
          onType=${setPrompt}
          onSubmit=${start}
        />
        ${
          workflow !== 'video' &&
          html`<${Ideas} isShown=${prompt === ''} onChoose=${(idea: string) => {
            setPrompt(idea);
            field.current?.focus();
          }} />`
        }
      </div>
      ${offered && choices ? html`<${ChoiceFields} offered=${offered} choices=${choices} onChange=${setWished} />` : html`<div class="fields" />`}
      <div class="go">
        <p class="price" id="price">${quote && html`<${Price} quote=${quote} />`}</p>
        <p class="why" id="why">${why ?? ''}</p>
        <button class="button primary make-it" aria-disabled=${why !== null || isStarting} aria-describedby="why price">
          ${icon('make')}<span>${priced}</span>
        </button>
      </div>
    </form>
    <${Runs} />
  </div>`;
}

/** Ideas for a member who does not know what to write. */
function Ideas({ isShown, onChoose }: { isShown: boolean; onChoose: (idea: string) => void }): VNode {
  const { words } = usePage();
  return html`<ul class="ideas ${isShown ? '' : 'unneeded'}" aria-label=${words.composer.ideas}>
    ${words.composer.examples.map(
      (idea) => html`<li><button type="button" class="idea" onClick=${() => onChoose(idea)}>${idea}</button></li>`,
    )}
  </ul>`;
}

/** The price of each step, and the balance after it. */
function Price({ quote }: { quote: Quote }): VNode {
  const { words } = usePage();
  const parts = quote.steps.map(({ kind, priceCredits }) => `${words.stepNames[kind]} ${words.number(priceCredits)}`);
  const left = quote.balance - quote.priceCredits;
  return html`<span>${parts.join(' + ')}</span>${left >= 0 && html`<span>${words.leftAfter(left)}</span>`}`;
}
