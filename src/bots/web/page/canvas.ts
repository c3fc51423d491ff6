import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Run } from '../contract/run.ts';
import { Board } from './board.ts';
import { type Shape, shapeOf, shownState, wireTo } from './graphShape.ts';
import { ClipStrip, Scenes } from './lanes.ts';
import { PromptNode, StepNode } from './nodes.ts';
import { usePage } from './page.ts';
import type { Step, StepState } from './runShape.ts';
import type { Starter } from './starter.ts';

/**
 * The steps of a run as an ordered list. The first ones stand below each other, each joined to the one before. Beside them are the
 * scenes with a lane for each, or the images to choose from. The result gets the free space. On a narrow screen it comes first.
 * The positions of all wires follow from the style sheet, so nothing has to be measured.
 */
export function Canvas({ run, starter }: { run: Run; starter: Starter }): VNode {
  const { words } = usePage();
  const shape = shapeOf(run);
  const states = shape.before.map((step) => shownState(run, step));
  const nexts = [...states, leadsTo(run, shape)];
  return html`<ol
    class="canvas ${lookOf(shape)} ${run.workflow} ${run.options.aspect}"
    style=${{ '--rows': ['auto '.repeat(shape.before.length), '1fr'].join('') }}
    aria-label=${words.steps}
  >
    <${PromptNode} run=${run} next=${nexts[0]} isLast=${shape.before.length === 0} />
    ${shape.before.map(
      (step, at) =>
        html`<${StepNode} key=${step.number} run=${run} step=${step} next=${nexts[at + 1]} isLast=${at === shape.before.length - 1} />`,
    )}
    ${rest(run, shape, starter)}
  </ol>`;
}

/** A board takes the place of a result. */
const lookOf = ({ kind }: Shape): string => (kind === 'variants' ? 'of-path of-board' : `of-${kind}`);

function rest(run: Run, shape: Shape, starter: Starter): VNode | null {
  switch (shape.kind) {
    case 'path':
      return shape.result ? result(run, shape.result) : null;
    case 'chain':
      return result(
        run,
        shape.result,
        html`<${ClipStrip} run=${run} clips=${shape.clips} next=${shape.result.state} />`,
      );
    case 'scenes':
      return html`<${Scenes} run=${run} scenes=${shape.scenes} next=${shape.result?.state} />${shape.result && result(run, shape.result)}`;
    case 'variants':
      return html`<${Board} run=${run} variants=${shape.variants} starter=${starter} />`;
  }
}

const result = (run: Run, step: Step, above: VNode | null = null): VNode =>
  html`<${StepNode} key=${step.number} run=${run} step=${step} isResult above=${above} />`;

/** The state of the wire from the last of the first steps to what comes after it. */
function leadsTo(run: Run, shape: Shape): StepState | undefined {
  switch (shape.kind) {
    case 'path':
      return shape.result && shownState(run, shape.result);
    case 'chain':
      return shape.clips[0] && shownState(run, shape.clips[0]);
    case 'scenes':
      return wireTo(shape.scenes.flatMap(({ steps }) => steps.map(({ state }) => state)));
    case 'variants':
      return wireTo(shape.variants.map(({ state }) => state));
  }
}
