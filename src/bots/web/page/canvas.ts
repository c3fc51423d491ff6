import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Run } from '../contract.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { type Medium, mediumOf, ratioOf, type Step, type StepState } from './runShape.ts';

/**
 * The nodes of a run from left to right, each joined to the one before it. They are an ordered list, and on a narrow screen look like
 * one.
 */
export function Canvas({ run }: { run: Run }): VNode {
  const { words } = usePage();
  return html`<ol class="canvas ${run.workflow} ${run.options.aspect}" aria-label=${words.steps}>
    <${PromptNode} run=${run} />
    ${run.steps.map((step) => html`<${StepNode} key=${step.kind} run=${run} step=${step} />`)}
  </ol>`;
}

function PromptNode({ run }: { run: Run }): VNode {
  const { words } = usePage();
  const given = run.workflow === 'video' ? mediumOf(run, null) : undefined;
  const { style, quality, aspect, duration, resolution, audio } = run.options;
  const image = run.workflow === 'video' ? [] : [words.styles[style], words.qualities[quality]];
  const video =
    run.workflow === 'image' ? [] : [words.seconds(duration), words.resolutions[resolution], words.sound(audio)];
  return html`<li class="node prompt done">
    <div class="card">
      <h2>${icon('words')}<span>${words.nodes.prompt}</span></h2>
      ${given && html`<${Picture} medium=${given} ratio=${given.width / given.height} alt=${words.image.yours} />`}
      <p class="node-words">${run.prompt || words.unspoken}</p>
      <ul class="tags" aria-label=${words.options.all}>
        ${[...image, words.aspects[aspect], ...video].map((tag) => html`<li>${tag}</li>`)}
      </ul>
    </div>
  </li>`;
}

const icons = { enhance: 'enhance', image: 'image', video: 'video' } as const;

function StepNode({ run, step }: { run: Run; step: Step }): VNode {
  const { words } = usePage();
  const { kind, state } = step;
  const isWorking = state === 'working';
  return html`<li class="node ${kind} ${state}" aria-busy=${isWorking}>
    <${Wire} state=${state} />
    <div class="card">
      <h2>${icon(icons[kind])}<span>${words.nodes[kind]}</span><span class="state">${stateOf(step)}</span></h2>
      ${contentOf()}
      ${step.failure && html`<p class="failure">${step.failure.sentence}</p>`}
      <${Facts} run=${run} step=${step} />
    </div>
  </li>`;

  function stateOf(it: Step): ComponentChildren {
    if (it.state === 'working') return html`<b>${words.percent(it.percent)}</b>`;
    if (it.state === 'done') return html`${icon('check')}<span class="hidden">${words.stepStates.done}</span>`;
    return words.stepStates[it.state];
  }

  function contentOf(): ComponentChildren {
    if (kind === 'enhance') return html`<${Enhanced} run=${run} state=${state} />`;
    const medium = mediumOf(run, kind);
    const ratio = ratioOf(run, medium);
    if (!medium || run.deletedAt)
      return html`<${Developing} ratio=${ratio} step=${step} isDeleted=${run.deletedAt !== null} />`;
    if (medium.kind === 'image')
      return html`<${Picture} medium=${medium} ratio=${ratio} alt=${words.pictureOf(run.prompt)} />`;
    return html`<${Film} medium=${medium} ratio=${ratio} label=${words.videoOf(run.prompt)} />`;
  }
}

/** From the node before to this one. Where they stand is known, so that nothing has to be measured. */
const Wire = ({ state }: { state: StepState }): VNode =>
  html`<svg class="wire ${state}" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
    <path d="M0 0C55 0 45 100 100 100" /><path class="flow" d="M0 0C55 0 45 100 100 100" />
  </svg>`;

/** Better words are many: a few lines of them are shown, and all of them to whoever asks. */
function Enhanced({ run, state }: { run: Run; state: StepState }): VNode {
  const { words } = usePage();
  const [isOpen, setIsOpen] = useState(false);
  const { enhanced } = run;
  if (enhanced) {
    const isLong = enhanced.image.length + enhanced.motion.length > 240;
    const isWhole = isOpen || !isLong;
    return html`<p class="node-words ${isWhole ? '' : 'clamped'}">${enhanced.image}</p>
      ${
        isWhole &&
        run.workflow !== 'image' &&
        html`<p class="node-words motion"><span>${words.motion}</span>${enhanced.motion}</p>`
      }
      ${
        isLong &&
        html`<button class="unfold" aria-expanded=${isOpen} onClick=${() => setIsOpen(!isOpen)}>
          ${isOpen ? words.fold : words.unfold}
        </button>`
      }`;
  }
  if (state === 'failed' || state === 'skipped') return html`<p class="node-words quiet">${words.ownWords}</p>`;
  return html`<div class="ghost" aria-hidden="true"><i /><i /><i /><i /></div>`;
}

/** Where a picture or a video is going to be, as large as it will be. */
function Developing({ ratio, step, isDeleted }: { ratio: number; step: Step; isDeleted: boolean }): VNode {
  const { words } = usePage();
  const said = isDeleted ? words.deleted : step.state === 'working' ? words.restOf(step.remainingMs) : '';
  return html`<div class="frame developing ${step.state}" style=${{ '--ratio': ratio, '--done': step.percent / 100 }}>
    <span>${said}</span>
  </div>`;
}

/** An address is renewed every hour; what is shown already keeps the one it has. */
function useFirst<Value>(value: Value): Value {
  const [first] = useState(value);
  return first;
}

function Picture({ medium, ratio, alt }: { medium: Medium; ratio: number; alt: string }): VNode {
  const { words } = usePage();
  const url = useFirst(medium.url);
  return html`<div class="frame" style=${{ '--ratio': ratio }}>
    <img src=${url} alt=${alt} width=${medium.width} height=${medium.height} decoding="async" />
    <a class="icon-button save" href=${medium.downloadUrl} download aria-label=${words.downloadImage} title=${words.downloadImage}>${icon('download')}</a>
  </div>`;
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

function Film({ medium, ratio, label }: { medium: Medium; ratio: number; label: string }): VNode {
  const { words } = usePage();
  const url = useFirst(medium.url);
  const poster = useFirst(medium.thumbnailUrl);
  // The still stays beneath, for the moment between the poster and the first picture.
  return html`<div class="frame" style=${{ '--ratio': ratio }}>
    ${poster !== null && html`<img src=${poster} alt="" />`}
    <video
      src=${url}
      poster=${poster ?? undefined}
      aria-label=${label}
      width=${medium.width}
      height=${medium.height}
      controls
      loop
      muted
      playsinline
      autoplay=${!calm.matches}
      preload="auto"
    />
    <a class="icon-button save" href=${medium.downloadUrl} download aria-label=${words.downloadVideo} title=${words.downloadVideo}>${icon('download')}</a>
  </div>`;
}

/** Time, credits, and by whom. */
function Facts({ run, step }: { run: Run; step: Step }): VNode {
  const { words } = usePage();
  const { state, elapsedMs, priceCredits, provider, model, keySource } = step;
  const isEarned = run.capturedCredits === null || state === 'done' || step.failure?.kind === 'canceled';
  const isPaid = isEarned && !run.unreached.includes(step.kind);
  const time = state === 'done' || state === 'working' ? words.took(elapsedMs) : null;
  return html`<dl class="facts">
    ${time && html`<div><dt>${words.time}</dt><dd>${time}</dd></div>`}
    <div><dt>${words.price}</dt><dd>${words.credits(isPaid ? priceCredits : 0)}</dd></div>
    <div class="by"><dt>${words.by}</dt><dd title="${provider} · ${model}">${model}${keySource === 'workspace' && html` <em>${words.ownKey}</em>`}</dd></div>
  </dl>`;
}
