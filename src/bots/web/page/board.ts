import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Run } from '../contract/run.ts';
import { wireTo } from './graphShape.ts';
import { icon } from './icons.ts';
import { Lightbox } from './lightbox.ts';
import { Developing, Picture } from './media.ts';
import { Models, replacementsOf, State } from './nodes.ts';
import { usePage } from './page.ts';
import { isAsking, isOffered, type Starting } from './runAction.ts';
import { type Medium, mediumOf, ratioOf, type Step } from './runShape.ts';
import type { Starter } from './starter.ts';
import { useVeil } from './veil.ts';
import { lateWords } from './words.ts';

type Boarded = { run: Run; variants: readonly Step[]; starter: Starter };

/** The actions on one of several images. The first one makes a video of it. */
const ofImage = ['animate', 'vary', 'better', 'change'] as const satisfies Starting[];

/**
 * The images of one prompt to choose from. The one under the pointer, or with the focus, is shown large, so that they are compared at the
 * same place. The keys 1 to 4 go to the button with the price of a video. The same key once more, or Enter, presses it.
 */
export function Board({ run, variants, starter }: Boarded): VNode {
  const { words } = usePage();
  const [near, setNear] = useState<number | null>(null);
  const buttons = useRef(new Map<number, HTMLButtonElement>());
  const isMade = (step: Step) => mediumOf(run, step.number) !== undefined;
  const shown = variants.find(({ number }) => number === near) ?? variants.find(isMade) ?? variants[0];
  const { press } = starter;
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.repeat || event.metaKey || event.ctrlKey || event.altKey || isElsewhere(event.target)) return;
      const step = variants.find(({ variant }) => String(variant) === event.key);
      const button = step && buttons.current.get(step.number);
      if (!button || button.disabled) return;
      event.preventDefault();
      if (document.activeElement === button) button.click();
      else button.focus();
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [variants]);
  const state = wireTo(variants.map((step) => step.state));
  return html`<li class="node board result ${state}">
    <div class="card">
      <h2>${icon('image')}<span>${words.imagesOf(variants.length)}</span>${run.choices.length > 0 && html`<span class="state board-hint">${lateWords().board.hint(run.choices.length)}</span>`}</h2>
      <div class="board-body">
      ${shown && html`<${Stage} run=${run} variants=${variants} shown=${shown} />`}
      <ol class="frames" style=${{ '--count': variants.length }} aria-label=${words.options.variants}>
        ${variants.map((step) => {
          const isChoice = run.choices.includes(step.number);
          const medium = mediumOf(run, step.number);
          const show = () => setNear(step.number);
          return html`<li key=${step.number} class="one-frame ${step.state} ${step === shown ? 'shown' : ''}" onMouseEnter=${show} onFocusIn=${show}>
            ${
              medium
                ? html`<${Picture} medium=${medium} ratio=${ratioOf(run, medium)} alt=${words.pictureOf(run.prompt, step.variant)} />`
                : html`<${Developing} ratio=${ratioOf(run, undefined)} step=${step} from=${undefined} said="" />`
            }
            <p class="caption"><span>${words.imageOf(step.variant ?? 1)}</span><span class="state"><${State} run=${run} step=${step} /></span></p>
            ${step.failure && html`<p class="failure">${step.failure.sentence}</p>`}
            ${isChoice && html`<div class="buttons">${ofImage.map((action) => button(action, step))}</div>`}
          </li>`;
        })}
      </ol>
      </div>
      <${Models} steps=${variants} />${replacementsOf(variants)}
    </div>
  </li>`;

  function button(action: (typeof ofImage)[number], step: Step): VNode | null {
    if (!isOffered(run, action)) return null;
    const keep = (element: HTMLButtonElement | null) => {
      if (action !== 'animate') return;
      if (element) buttons.current.set(step.number, element);
      else buttons.current.delete(step.number);
    };
    return html`<button
      key=${action}
      ref=${keep}
      type="button"
      class="button ${action === 'animate' ? 'primary' : ''}"
      aria-label=${lateWords().board.ofImage(starter.labelOf(action), step.variant ?? 1)}
      aria-keyshortcuts=${action === 'animate' ? String(step.variant) : undefined}
      data-key=${action === 'animate' ? step.variant : undefined}
      aria-haspopup=${isAsking(action) ? 'dialog' : undefined}
      disabled=${starter.busy !== null}
      onClick=${() => press(action, step.number)}
    >${starter.labelOf(action)}</button>`;
  }
}

/** Whether a key is meant for a field or for a dialog. */
const isElsewhere = (target: EventTarget | null): boolean =>
  (target instanceof Element && target.closest('input, textarea, select') !== null) ||
  document.querySelector('dialog[open]') !== null;

type Staged = { run: Run; variants: readonly Step[]; shown: Step };

/** One of the images, large. The others are loaded behind it. It repeats the images below it, so it is hidden from screen readers. */
function Stage({ run, variants, shown }: Staged): VNode {
  const { words } = usePage();
  const [opened, setOpened] = useState<Medium | null>(null);
  const medium = mediumOf(run, shown.number);
  const open = () => medium && setOpened(medium);
  return html`<div class="stage" aria-hidden=${opened === null} style=${{ '--ratio': ratioOf(run, medium) }}>
    ${variants.map((step) => {
      const one = mediumOf(run, step.number);
      return one && html`<${Layer} key=${step.number} medium=${one} isShown=${step === shown} onOpen=${open} />`;
    })}
    ${!medium && html`<${Developing} ratio=${ratioOf(run, undefined)} step=${shown} from=${undefined} said=${words.restOf(shown.remainingMs)} />`}
    ${opened && html`<${Lightbox} medium=${opened} alt=${words.pictureOf(run.prompt, shown.variant)} onClose=${() => setOpened(null)} />`}
  </div>`;
}

function Layer({ medium, isShown, onOpen }: { medium: Medium; isShown: boolean; onOpen: () => void }): VNode {
  const { isVeiled, reveal } = useVeil(medium);
  const [url] = useState(medium.previewUrl ?? medium.url);
  return html`<img class="${isShown ? 'shown' : ''} ${isVeiled ? 'veiled' : ''}" src=${url} alt="" onClick=${isVeiled ? reveal : onOpen} />`;
}
