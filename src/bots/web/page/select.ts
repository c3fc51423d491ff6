import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { lateWords } from './words.ts';

type Chosen = {
  label: string;
  value: string;
  choices: readonly (readonly [string, string])[];
  onChoose: (value: string) => void;
};

/** One of a list, or none. */
export function Select({ label, value, choices, onChoose }: Chosen): VNode {
  const id = useId();
  const choose = (event: Event & { currentTarget: HTMLSelectElement }) => onChoose(event.currentTarget.value);
  return html`<div class="stacked">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${choose}>
      <option value="">${lateWords().settings.noWish}</option>
      ${choices.map(([one, said]) => html`<option value=${one}>${said}</option>`)}
    </select>
  </div>`;
}
