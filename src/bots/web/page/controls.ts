import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';

export type Choice<Value extends string | number> = {
  value: Value;
  label: ComponentChildren;
  /** The reason why this choice is disabled. Absent: it is enabled. */
  barred?: string | undefined;
};

type Chosen<Value extends string | number> = {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  onChoose: (value: Value) => void;
  look?: 'segments' | 'chips' | 'tabs';
};

/** Chooses one of a few. It uses radio buttons, so that arrow keys and screen readers work. */
export function segments<Value extends string | number>(given: Chosen<Value>): VNode {
  return html`<${Segments} ...${{ ...given, choices: given.choices.map(({ value, label, barred }) => ({ label, barred, isChosen: value === given.value, choose: () => given.onChoose(value) })) }} />`;
}

type Segment = { label: ComponentChildren; barred: string | undefined; isChosen: boolean; choose: () => void };

function Segments({
  legend,
  choices,
  look = 'segments',
}: {
  legend: string;
  choices: Segment[];
  look?: string;
}): VNode {
  const name = useId();
  return html`<fieldset class=${look}>
    <legend>${legend}</legend>
    <div class="choices">
      ${choices.map(
        ({ label, barred, isChosen, choose }, at) => html`<label class="choice" title=${barred}>
          <input
            type="radio"
            name=${name}
            checked=${isChosen}
            disabled=${barred !== undefined}
            aria-describedby=${barred === undefined ? undefined : `${name}-${at}`}
            onChange=${choose}
          />
          <span>${label}</span>
          ${barred !== undefined && html`<span class="hidden" id="${name}-${at}">${barred}</span>`}
        </label>`,
      )}
    </div>
  </fieldset>`;
}

type Slid = {
  label: string;
  values: readonly number[];
  value: number;
  say: (value: number) => string;
  onChoose: (value: number) => void;
};

/** Chooses one of many numbers, whose steps may be uneven. */
export function Slider({ label, values, value, say, onChoose }: Slid): VNode {
  const id = useId();
  const at = Math.max(0, values.indexOf(value));
  const slide = (event: Event & { currentTarget: HTMLInputElement }) =>
    onChoose(values[Number(event.currentTarget.value)] ?? value);
  return html`<div class="slider">
    <label for=${id}>${label}</label>
    <div class="slide" style=${{ '--at': values.length > 1 ? at / (values.length - 1) : 1 }}>
      <input id=${id} type="range" min="0" max=${values.length - 1} step="1" value=${at} aria-valuetext=${say(value)} onInput=${slide} />
      <output for=${id}>${say(value)}</output>
    </div>
  </div>`;
}

export function Switch({
  label,
  isOn,
  say,
  onChoose,
}: {
  label: string;
  isOn: boolean;
  say: string;
  onChoose: (isOn: boolean) => void;
}): VNode {
  const id = useId();
  return html`<div class="switch">
    <label for=${id}>${label}</label>
    <span class="switch-line">
      <input id=${id} type="checkbox" role="switch" checked=${isOn} onChange=${() => onChoose(!isOn)} />
      <span aria-hidden="true">${say}</span>
    </span>
  </div>`;
}
