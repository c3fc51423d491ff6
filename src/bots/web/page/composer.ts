import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { executed } from '../contract/programs.ts';
import { useAnswer } from './answers.ts';
import { pressKey } from './api.ts';
import { ChoiceFields } from './choiceFields.ts';
import { segments } from './controls.ts';
import { type GivenImage, ImageField, ReferenceField, useGivenImages } from './givenImage.ts';
import { icon } from './icons.ts';
import { Later } from './later.ts';
import {
  type Choices,
  executeBody,
  fitted,
  needsImage,
  type Offer,
  type Quote,
  queryOf,
  type Workflow,
} from './offer.ts';
import { usePage } from './page.ts';
import { modelsIn, remembered } from './picks.ts';
import { PromptField } from './promptField.ts';
import { Runs } from './runs.ts';
import { useStore } from './store.ts';
import type { Words } from './words.ts';

const draftName = 'draft';
const loadModelField = async () => (await import('./modelField.ts')).ModelField;

/** The form for a new run, with the existing runs below it. */
export function Composer({ onIdle }: { onIdle: () => void }): VNode {
  const { api, words, session, tell, go, live } = usePage();
  const [picks, setPicks] = useState(() => remembered(session.workspace.id));
  const optionsPath = `/api/options${modelsIn('?', Object.values(picks))}`;
  const { body: offer, isAway, path: offeredAt } = useAnswer<Offer>(optionsPath);
  const [workflow, setWorkflow] = useState<Workflow>('complete');
  const [wished, setWished] = useState<Choices | null>(null);
  const [prompt, setPrompt] = useState(() => sessionStorage.getItem(draftName) ?? '');
  const [image, setImage] = useState<GivenImage | null>(null);
  const [reference, setReference] = useState<GivenImage | null>(null);
  const [isStarting, setIsStarting] = useState(false);
  const press = useRef({ wish: '', key: '' });
  const field = useRef<HTMLTextAreaElement>(null);
  const account = useStore(live.account);
  const { isOver, take } = useGivenImages(offer?.image, (given, use) => {
    if (use === 'reference') return setReference(given);
    setImage(given);
    if (!needsImage(workflow)) setWorkflow('video');
  });

  useEffect(() => {
    if (!offer) return;
    setWished((now) => now ?? offer.defaults);
    onIdle();
  }, [offer]);
  useEffect(() => sessionStorage.setItem(draftName, prompt), [prompt]);

  const offered = offer?.workflows.find(({ name }) => name === workflow);
  const choices = offered && wished && fitted(wished, offered);
  const isGiven = needsImage(workflow);
  const isReferred = !isGiven && reference !== null && (offered?.references ?? 0) > 0;
  // The server leaves out a model that is not there any more.
  const models = offered ? offered.steps.flatMap(({ kind, model }) => (picks[kind] === model ? model : [])) : [];
  const query = offered && choices ? queryOf(offered, choices, isReferred) : null;
  const address = query && `/api/quote?${query}${modelsIn('&', models)}`;
  const asked = useAnswer<Quote>(address, account?.balance);
  const quote = asked.body;
  // The button shows the price of the run. It is disabled while a new price is loading.
  const isPriced = asked.path === address && offeredAt === optionsPath;
  const why = obstacleOf();
  function obstacleOf(): string | null {
    if (isAway || asked.isAway) return `${words.away.title}. ${words.away.again}`;
    if (!offered || !quote || !isPriced) return '';
    if (!offered.available) return words.unavailable;
    if (!quote.possible) return quote.sentence;
    if (isGiven && !image) return words.needsImage;
    if (workflow !== 'video' && prompt.trim() === '') return words.needsWords;
    return null;
  }

  const start = async () => {
    if (why !== null || isStarting || !choices) {
      if (prompt.trim() === '') field.current?.focus();
      return;
    }
    setIsStarting(true);
    const sent = isGiven ? image : isReferred ? reference : null;
    const body = executeBody(workflow, choices, models, prompt, sent?.dataUrl ?? null);
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
        choices: (['complete', 'image', 'video', 'story', 'edit'] as const).map((name) => ({
          value: name,
          label: words.workflows[name],
          barred:
            offer?.workflows.find((one) => one.name === name)?.available === false ? words.unavailable : undefined,
        })),
      })}
      <div class="sheet ${isGiven ? '' : 'with-ideas'}">
        ${
          isGiven &&
          html`<${ImageField} image=${image} isOver=${isOver} onTake=${(file: File | null) => take(file, 'given')} onRemove=${() => setImage(null)} />`
        }
        <${PromptField}
          field=${field}
          label=${labelFor(workflow, words)}
          placeholder=${hintFor(workflow, words)}
          value=${prompt}
          maxLength=${offer?.maxPromptLength ?? 4000}
          onType=${setPrompt}
          onSubmit=${start}
        />
        ${
          !isGiven &&
          html`<${Ideas} ideas=${workflow === 'story' ? words.composer.storyExamples : words.composer.examples} isShown=${prompt === ''} onChoose=${(
            idea: string,
          ) => {
            setPrompt(idea);
            field.current?.focus();
          }} />`
        }
      </div>
      ${
        !isGiven &&
        html`<${ReferenceField} image=${reference} max=${offered?.references ?? 1} maker=${offered?.steps.find(({ kind }) => kind === 'image')?.maker ?? ''} onTake=${(file: File | null) => take(file, 'reference')} onRemove=${() => setReference(null)} />`
      }
      ${
        offered && choices
          ? html`<${ChoiceFields} offered=${offered} choices=${choices} onChange=${setWished}>
              ${
                offered.modelChoice &&
                html`<div class="field model"><${Later} load=${loadModelField} offered=${offered} wished=${wished} choices=${choices} picks=${picks} isCurrent=${offeredAt === optionsPath} query=${query} onPick=${setPicks} /></div>`
              }
            </${ChoiceFields}>`
          : html`<div class="fields" />`
      }
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

function labelFor(workflow: Workflow, { composer }: Words): string {
  if (workflow === 'video') return composer.motion;
  return workflow === 'edit' ? composer.change : composer.prompt;
}

function hintFor(workflow: Workflow, { composer }: Words): string {
  if (workflow === 'video') return composer.motionHint;
  if (workflow === 'edit') return composer.changeHint;
  return workflow === 'story' ? composer.storyHint : composer.hint;
}

/** Ideas for a member who does not know what to write. */
function Ideas({
  ideas,
  isShown,
  onChoose,
}: {
  ideas: readonly string[];
  isShown: boolean;
  onChoose: (idea: string) => void;
}): VNode {
  const { words } = usePage();
  return html`<ul class="ideas ${isShown ? '' : 'unneeded'}" aria-label=${words.composer.ideas}>
    ${ideas.map(
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
