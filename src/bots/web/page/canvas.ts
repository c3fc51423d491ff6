import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import type { Run } from '../contract.ts';
import { Clamped } from './clamped.ts';
import { icon } from './icons.ts';
import { Developing, Film, Picture } from './media.ts';
import { usePage } from './page.ts';
import { isOver, mediumOf, ratioOf, type Step, type StepState } from './runShape.ts';

/**
 * The nodes of a run as an ordered list, each joined to the one before. The last one is the result and gets the free space. On a
 * narrow screen it comes first.
 */
export function Canvas({ run }: { run: Run }): VNode {
  const { words } = usePage();
  const { steps } = run;
  return html`<ol class="canvas ${run.workflow} ${run.options.aspect}" aria-label=${words.steps}>
    <${PromptNode} run=${run} next=${steps[0]?.state} />
    ${steps.map((step, at) => html`<${StepNode} key=${step.kind} run=${run} step=${step} next=${steps[at + 1]?.state} />`)}
  </ol>`;
}

/** `next` is the state of the following node, or undefined for the last one. */
function PromptNode({ run, next }: { run: Run; next: StepState | undefined }): VNode {
  const { words } = usePage();
  const given = run.workflow === 'video' ? mediumOf(run, null) : undefined;
  const { style, quality, aspect, duration, resolution, audio } = run.options;
  const image = run.workflow === 'video' ? [] : [words.styles[style], words.qualities[quality]];
  const video =
    run.workflow === 'image' ? [] : [words.seconds(duration), words.resolutions[resolution], words.sound(audio)];
  const said = run.prompt || words.unspoken;
  return html`<li class="node prompt done">
    <div class="card">
      <h2>${icon('words')}<span>${words.nodes.prompt}</span></h2>
      ${given && html`<${Picture} medium=${given} ratio=${given.width / given.height} alt=${words.image.yours} />`}
      <${Clamped} text=${said}>
        ${(isWhole: boolean) => html`<p class="node-words ${isWhole ? '' : 'clamped'}">${said}</p>`}
      </${Clamped}>
      <ul class="tags" aria-label=${words.options.all}>
        ${[...image, words.aspects[aspect], ...video].map((tag) => html`<li>${tag}</li>`)}
      </ul>
    </div>
    <${Wire} to=${next} />
  </li>`;
}

const icons = { enhance: 'enhance', image: 'image', video: 'video' } as const;

function StepNode({ run, step, next }: { run: Run; step: Step; next: StepState | undefined }): VNode {
  const { words } = usePage();
  const { kind, state } = step;
  return html`<li class="node ${kind} ${state}" aria-busy=${state === 'working'}>
    <div class="card">
      <h2>${icon(icons[kind])}<span>${words.nodes[kind]}</span><span class="state">${stateOf(step)}</span></h2>
      ${kind === 'enhance' ? html`<${Enhanced} run=${run} state=${state} />` : html`<${Made} run=${run} step=${step} kind=${kind} isLast=${next === undefined} />`}
      ${step.failure && html`<p class="failure">${step.failure.sentence}</p>`}
      <${Facts} run=${run} step=${step} />
    </div>
    <${Wire} to=${next} />
  </li>`;

  function stateOf(it: Step): ComponentChildren {
    if (it.state === 'working') return html`<b>${words.percent(it.percent)}</b>`;
    if (it.state === 'done') return html`${icon('check')}<span class="hidden">${words.stepStates.done}</span>`;
    return words.stepStates[it.state];
  }
}

/** The line from a node to the next one, and its end. Their positions are known, so nothing has to be measured. */
const Wire = ({ to }: { to: StepState | undefined }): VNode | null =>
  to === undefined ? null : html`<i class="wire ${to}" /><i class="port ${to}" />`;

/** The image or video of a step. If the result failed, shows what there is in its place. */
function Made({ run, step, kind, isLast }: { run: Run; step: Step; kind: 'image' | 'video'; isLast: boolean }): VNode {
  const { words } = usePage();
  const medium = mediumOf(run, kind);
  const ratio = ratioOf(run, medium);
  const before = kind === 'video' ? (mediumOf(run, 'image') ?? mediumOf(run, null)) : undefined;
  const shown = medium ?? (isLast && isOver(run) && !run.deletedAt ? mediumOf(run, 'image') : undefined);
  if (shown?.kind === 'video')
    return html`<${Film} medium=${shown} ratio=${ratio} label=${words.videoOf(run.prompt)} />`;
  if (shown)
    return html`<${Picture} medium=${shown} ratio=${ratioOf(run, shown)} alt=${words.pictureOf(run.prompt)} isLarge=${isLast} />`;
  return html`<${Developing} ratio=${ratio} step=${step} from=${before} said=${saidOf()} />`;

  function saidOf(): string {
    if (run.deletedAt) return words.deleted;
    if (step.state === 'working') return words.restOf(step.remainingMs);
    return isLast && !isOver(run) ? words.remaining(run.remainingMs) : '';
  }
}

/** The enhanced prompt is long, so we show a few lines of it, and all of it on request. */
function Enhanced({ run, state }: { run: Run; state: StepState }): VNode {
  const { words } = usePage();
  const { enhanced } = run;
  if (enhanced)
    return html`<${Clamped} text=${`${enhanced.image}${enhanced.motion}`}>
      ${(isWhole: boolean) => html`<p class="node-words ${isWhole ? '' : 'clamped'}">${enhanced.image}</p>
        ${
          isWhole &&
          run.workflow !== 'image' &&
          html`<p class="node-words motion"><span>${words.motion}</span>${enhanced.motion}</p>`
        }`}
    </${Clamped}>`;
  if (state === 'failed' || state === 'skipped') return html`<p class="node-words quiet">${words.ownWords}</p>`;
  return html`<div class="ghost" aria-hidden="true"><i /><i /><i /><i /></div>`;
}

/** The time, the credits and the provider of a step. */
function Facts({ run, step }: { run: Run; step: Step }): VNode {
  const { words } = usePage();
  const { state, elapsedMs, priceCredits, maker, keySource } = step;
  const isEarned = run.capturedCredits === null || state === 'done' || step.failure?.kind === 'canceled';
  const isPaid = isEarned && !run.unreached.includes(step.kind);
  const time = state === 'done' || state === 'working' ? words.took(elapsedMs) : null;
  return html`<dl class="facts">
    ${time && html`<div><dt>${words.time}</dt><dd>${time}</dd></div>`}
    <div><dt>${words.price}</dt><dd>${words.credits(isPaid ? priceCredits : 0)}</dd></div>
    <div><dt>${words.by}</dt><dd>${maker}${keySource === 'workspace' && html` <em>${words.ownKey}</em>`}</dd></div>
  </dl>`;
}
