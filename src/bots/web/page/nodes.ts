import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import type { Run } from '../contract/run.ts';
import { Clamped } from './clamped.ts';
import { shownState } from './graphShape.ts';
import { icon } from './icons.ts';
import { Developing, Film, Picture } from './media.ts';
import { usePage } from './page.ts';
import { frameOf, isOver, mediumOf, ratioOf, resultOf, type Step, type StepState } from './runShape.ts';
import { lateWords, type Words } from './words.ts';

type Prompted = { run: Run; next: StepState | undefined; isLast: boolean };

/** `next` is the state of the wire to what follows. `isLast`: no step stands below it. */
export function PromptNode({ run, next, isLast }: Prompted): VNode {
  const { words } = usePage();
  const given = mediumOf(run, null);
  const isReference = run.workflow !== 'video' && run.workflow !== 'edit';
  const said = run.prompt || words.unspoken;
  return html`<li class="node prompt done ${isLast ? 'last-before' : ''}">
    <div class="card">
      <h2>${icon('words')}<span>${words.nodes.prompt}</span></h2>
      ${given && html`<${Picture} medium=${given} ratio=${given.width / given.height} alt=${isReference ? words.image.reference : words.image.yours} />`}
      <${Clamped} text=${said}>
        ${(isWhole: boolean) => html`<p class="node-words ${isWhole ? '' : 'clamped'}">${said}</p>`}
      </${Clamped}>
      <ul class="tags" aria-label=${words.options.all}>
        ${tagsOf(run, words).map((tag) => html`<li>${tag}</li>`)}
      </ul>
    </div>
    <${Wire} to=${next} />
  </li>`;
}

/** The options that the run uses. */
function tagsOf({ workflow, options }: Run, words: Words): string[] {
  const { style, quality, aspect, duration, resolution, audio, scenes, variants, cut, frames, change } = options;
  const video = [words.seconds(duration), words.resolutions[resolution], words.sound(audio)];
  const image = [words.styles[style], words.qualities[quality], words.aspects[aspect]];
  switch (workflow) {
    case 'complete':
      return frames > 1 ? [...image, words.imagesOf(frames)] : [...image, ...video];
    case 'image':
      return variants === 1 ? image : [...image, words.imagesOf(variants)];
    case 'video':
      return [words.aspects[aspect], ...video];
    case 'story':
      return [...image, words.scenesOf(scenes), ...video, ...(cut === 'fade' ? [words.fades] : [])];
    case 'extend':
      return [words.longerBy(duration), words.resolutions[resolution], words.sound(audio)];
    case 'edit':
      return [
        words.changes[change],
        words.qualities[quality],
        words.aspects[aspect],
        ...(change === 'film' || change === 'ending' ? video : []),
      ];
  }
}

/** The name of a step on the canvas. */
export function nameOf({ workflow, steps, options }: Run, step: Step, words: Words): string {
  if (step.variant !== null) return words.imageOf(step.variant);
  if (workflow === 'edit' && options.change === 'ending' && step.kind === 'image')
    return step.number === 1 ? words.firstFrame : words.lastFrame;
  if (step.kind === 'enhance' && workflow === 'story') return words.shotList;
  if (step.kind !== 'video') return words.nodes[step.kind];
  if (workflow === 'extend' && step.number === 1) return words.filmSoFar;
  if (step.isExtension) return words.longerBy(step.seconds ?? 0);
  const clips = steps.filter(
    ({ kind, scene, isExtension }) => kind === 'video' && scene === step.scene && !isExtension,
  );
  if (step.scene !== null && clips.length === 1) return words.clip;
  return clips.length > 1 ? words.clipOf(clips.indexOf(step) + 1) : words.nodes.video;
}

type Shown = {
  run: Run;
  step: Step;
  next?: StepState | undefined;
  isLast?: boolean;
  isResult?: boolean;
  above?: ComponentChildren;
};

/** A step with all about it. `above` is what a result is made of, if that stands in the same node. */
export function StepNode({ run, step, next, isLast = false, isResult = false, above }: Shown): VNode {
  const { words } = usePage();
  const { kind } = step;
  const state = shownState(run, step);
  const place = isResult ? 'result' : isLast ? 'last-before' : '';
  return html`<li class="node ${kind} ${state} ${place}" aria-busy=${state === 'working'}>
    ${above}
    <div class="card">
      <h2>${icon(kind)}<span>${nameOf(run, step, words)}</span><span class="state"><${State} run=${run} step=${step} /></span></h2>
      ${kind === 'enhance' ? html`<${Enhanced} run=${run} state=${state} />` : html`<${Made} run=${run} step=${step} isResult=${isResult} />`}
      ${step.failure && html`<p class="failure">${step.failure.sentence}</p>`}
      <${Facts} run=${run} step=${step} />
    </div>
    <${Wire} to=${next} />
  </li>`;
}

/** The state of a step: a percentage, a check mark or a word. */
export function State({ run, step }: { run: Run; step: Step }): VNode {
  const { words } = usePage();
  if (step.state === 'working') return html`<b>${words.percent(step.percent)}</b>`;
  if (step.state === 'done') return html`${icon('check')}<span class="hidden">${words.stepStates.done}</span>`;
  if (shownState(run, step) === 'working') return html`<span>${words.looking}</span>`;
  return html`<span>${words.stepStates[step.state]}</span>`;
}

/** The line from a node to what follows, and its end. */
const Wire = ({ to }: { to: StepState | undefined }): VNode | null =>
  to === undefined ? null : html`<i class="trunk ${to}" /><i class="wire ${to}" /><i class="port ${to}" />`;

/** The image or video of a step. If the result failed, shows what there is in its place. */
function Made({ run, step, isResult }: { run: Run; step: Step; isResult: boolean }): VNode {
  const { words } = usePage();
  const medium = mediumOf(run, step.number);
  const ratio = ratioOf(run, medium);
  const before = step.kind === 'image' ? undefined : frameOf(run, step);
  const shown = medium ?? (isResult && isOver(run) && !run.deletedAt ? resultOf(run) : undefined);
  if (shown?.kind === 'video')
    return html`<${Film} medium=${shown} ratio=${ratioOf(run, shown)} label=${words.videoOf(run.prompt)} playsAtOnce=${isResult} />`;
  if (shown)
    return html`<${Picture} medium=${shown} ratio=${ratioOf(run, shown)} alt=${words.pictureOf(run.prompt, null)} isLarge=${isResult} />`;
  return html`<${Developing} ratio=${ratio} step=${step} from=${before} said=${saidOf()} />`;

  function saidOf(): string {
    if (run.deletedAt) return words.deleted;
    if (step.state === 'working') return words.restOf(step.remainingMs);
    return isResult && !isOver(run) ? words.remaining(run.remainingMs) : '';
  }
}

/** The enhanced prompt is long, so we show a few lines of it, and all of it on request. */
function Enhanced({ run, state }: { run: Run; state: StepState }): VNode {
  const { words } = usePage();
  const { enhanced } = run;
  if (enhanced?.shots && run.workflow === 'story') return html`<${ShotList} shots=${enhanced.shots} />`;
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

type Shots = NonNullable<NonNullable<Run['enhanced']>['shots']>;

/** The shots of a story, a line for each, and all of their words on request. */
function ShotList({ shots }: { shots: Shots }): VNode {
  const { words } = usePage();
  const text = shots.map(({ image }) => image).join('\n');
  return html`<${Clamped} text=${text} max=${60 * shots.length}>
    ${(isWhole: boolean) => html`<ol class="shots ${isWhole ? '' : 'short'}">
      ${shots.map(
        ({ image, motion }) => html`<li>
          <span>${image}</span>
          ${isWhole && html`<span class="quiet">${words.motion}: ${motion}</span>`}
        </li>`,
      )}
    </ol>`}
  </${Clamped}>`;
}

/** Whether a step's price was paid. Of a run that is not over, it may still be. */
const isPaidFor = (run: Run, step: Step): boolean =>
  (run.capturedCredits === null || step.state === 'done' || step.failure?.kind === 'canceled') &&
  !run.unreached.includes(step.number);

/** The price of some steps, in credits. */
export const costOf = (run: Run, steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + (isPaidFor(run, step) ? step.priceCredits : 0), 0);

/** The time, the credits, the provider and the model of a step. */
function Facts({ run, step }: { run: Run; step: Step }): VNode {
  const { words } = usePage();
  const { state, elapsedMs, provider, model, maker, keySource } = step;
  // A step that was taken over from another run took no time.
  const time = elapsedMs > 0 && (state === 'done' || state === 'working') ? words.took(elapsedMs) : null;
  const timeShown = time && html`<div><dt>${words.time}</dt><dd>${time}</dd></div>`;
  // VidGenie joins the clips itself, for nothing.
  if (step.kind === 'join') return html`<dl class="facts">${timeShown}</dl>`;
  return html`<dl class="facts">
    ${timeShown}
    <div><dt>${words.price}</dt><dd>${words.credits(costOf(run, [step]))}</dd></div>
    <div><dt>${words.by}</dt><dd>${maker}${keySource === 'workspace' && html` <em>${words.ownKey}</em>`}</dd></div>
    ${provider !== 'demo' && html`<div class="by-model"><dt>${lateWords().models.one}</dt><dd>${model}</dd></div>`}
  </dl>
  ${replacementsOf([step])}`;
}

/** The models of steps that stand together. */
export function Models({ steps }: { steps: readonly Step[] }): VNode | null {
  const named = steps.filter(({ kind, provider }) => kind !== 'join' && provider !== 'demo');
  const models = [...new Set(named.map(({ model }) => model))];
  if (models.length === 0) return null;
  return html`<p class="models-used quiet"><span class="hidden">${lateWords().models.one}: </span>${models.join(' · ')}</p>`;
}

/** Tells which models made steps in the place of others. */
export function replacementsOf(steps: readonly Step[]): VNode[] {
  const { replaced } = lateWords().models;
  const told = steps.flatMap(({ model, insteadOf }) => (insteadOf ? replaced(model, insteadOf.model) : []));
  return [...new Set(told)].map((sentence) => html`<p class="replaced">${sentence}</p>`);
}
