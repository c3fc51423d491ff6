import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Run } from '../contract/run.ts';
import { referenceOf, type Scene, shownState, wireTo } from './graphShape.ts';
import { Developing, Thumb } from './media.ts';
import { costOf, Models, nameOf, replacementsOf, State } from './nodes.ts';
import { usePage } from './page.ts';
import { frameOf, mediumOf, ratioOf, type Step, type StepState } from './runShape.ts';

type Lanes = { run: Run; scenes: readonly Scene[]; next: StepState | undefined };

/** The scenes of a story below each other, a lane for each. `next` is the state of the step that joins them. */
export function Scenes({ run, scenes, next = 'waiting' }: Lanes): VNode {
  const { words } = usePage();
  const entry = wireTo(scenes.flatMap(({ steps }) => steps.map(({ state }) => state)));
  return html`<li class="scene-list">
    <ol aria-label=${words.options.scenes}>
      ${scenes.map((scene) => html`<${Lane} key=${scene.scene} run=${run} scene=${scene} entry=${entry} exit=${next} />`)}
    </ol>
    <${Models} steps=${scenes.flatMap(({ steps }) => steps)} />
  </li>`;
}

/** More steps than this have no room beside the words of their scene. */
const maxBeside = 2;
/** More characters than this do not fit beside the thumbnails. */
const maxShown = 90;

type OneLane = { run: Run; scene: Scene; entry: StepState; exit: StepState };

/** A scene: its words, then its image and its clips from left to right. `entry` and `exit` are the wires that all lanes share. */
function Lane({ run, scene: { scene, steps }, entry, exit }: OneLane): VNode {
  const { words } = usePage();
  const [isWhole, setIsWhole] = useState(false);
  const shot = run.enhanced?.shots?.[scene - 1];
  const isLong = shot !== undefined && (shot.image.length > maxShown || shot.motion.length > maxShown);
  const states = steps.map((step) => shownState(run, step));
  const clips = steps.filter(({ kind }) => kind === 'video');
  const seconds = clips.reduce((sum, clip) => sum + (clip.seconds ?? 0), 0);
  const failures = steps.flatMap(({ failure }) => failure?.sentence ?? []);
  const last = steps.at(-1);
  const facts = [words.seconds(seconds), words.credits(costOf(run, steps))];
  const layout = `${steps.length > maxBeside ? 'long' : ''} ${isWhole ? 'whole' : ''}`;
  return html`<li class="scene ${stateOf(states)} ${layout}">
    <i class="trunk ${entry}" /><i class="wire ${states[0] ?? 'waiting'}" />
    <div class="scene-head">
      <h2>${words.sceneOf(scene)}</h2>
      ${
        isLong &&
        html`<button type="button" class="unfold" aria-expanded=${isWhole} onClick=${() => setIsWhole(!isWhole)}>
          ${isWhole ? words.fold : words.unfold}<span class="hidden"> (${words.sceneOf(scene)})</span>
        </button>`
      }
      <p class="quiet">${facts.join(' · ')}</p>
    </div>
    <div class="shot">
      ${
        shot
          ? html`<p class="shot-image">${shot.image}</p><p class="shot-motion quiet">${words.motion}: ${shot.motion}</p>`
          : html`<div class="ghost" aria-hidden="true"><i /><i /><i /></div>`
      }
    </div>
    <ol class="strip">
      ${steps.map((step, at) => html`<${SmallNode} key=${step.number} run=${run} step=${step} next=${states[at + 1]} />`)}
    </ol>
    ${failures.map((sentence) => html`<p class="failure">${sentence}</p>`)}
    ${replacementsOf(steps)}
    <i class="trunk out ${exit}" /><i class="wire out ${last ? outOf(last.state) : 'waiting'}" />
  </li>`;
}

/** The wire that leads out of a step has something to carry as soon as the step is done. */
const outOf = (state: StepState): StepState => (state === 'done' ? 'done' : state === 'failed' ? 'skipped' : 'waiting');

function stateOf(states: readonly StepState[]): StepState {
  if (states.includes('failed')) return 'failed';
  if (states.includes('working')) return 'working';
  if (states.every((state) => state === 'done')) return 'done';
  return states.includes('skipped') ? 'skipped' : 'waiting';
}

type Strip = { run: Run; clips: readonly Step[]; next: StepState };

/** The clips of a film from left to right, above the film that is made of them. */
export function ClipStrip({ run, clips, next }: Strip): VNode {
  const { words } = usePage();
  const [first] = clips;
  return html`<div class="clips">
    <i class="wire ${first ? shownState(run, first) : 'waiting'}" />
    <ol class="strip" aria-label=${words.clips}>
      ${clips.map(
        (clip, at) =>
          html`<${SmallNode} key=${clip.number} run=${run} step=${clip} next=${clips[at + 1]?.state} showsOwnFrame />`,
      )}
    </ol>
    ${clips.flatMap(({ failure }) => failure?.sentence ?? []).map((sentence) => html`<p class="failure">${sentence}</p>`)}
    <${Models} steps=${clips} />${replacementsOf(clips)}
    <i class="wire down ${next}" />
  </div>`;
}

type Small = { run: Run; step: Step; next: StepState | undefined; showsOwnFrame?: boolean };

/** A step as a thumbnail with its name and state. `showsOwnFrame`: a frame of the clip itself, not the image of its scene. */
function SmallNode({ run, step, next, showsOwnFrame = false }: Small): VNode {
  const { words } = usePage();
  const medium = mediumOf(run, step.number);
  const state = shownState(run, step);
  const ratio = ratioOf(run, medium);
  const name = nameOf(run, step, words);
  const before = step.kind === 'image' ? undefined : frameOf(run, step);
  const reference = referenceOf(run, step);
  const isReference = run.steps.some((other) => referenceOf(run, other) === step);
  return html`<li class="node small ${step.kind} ${state}" aria-busy=${state === 'working'}>
    ${(reference || isReference) && html`<i class="reference ${reference ? 'to' : 'from'}" title=${words.reference} />`}
    <div class="thumb-frame">
      ${
        medium
          ? html`<${Thumb} medium=${medium} ratio=${ratio} label=${step.scene === null ? name : `${words.sceneOf(step.scene)}, ${name}`} showsOwnFrame=${showsOwnFrame} />`
          : html`<${Developing} ratio=${ratio} step=${step} from=${before} said="" />`
      }
      ${next !== undefined && html`<i class="wire ${next}" />`}
    </div>
    <p class="caption"><span>${name}</span><span class="state"><${State} run=${run} step=${step} /></span></p>
  </li>`;
}
