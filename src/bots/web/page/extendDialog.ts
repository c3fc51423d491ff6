import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Slider } from './controls.ts';
import { Dialog } from './dialog.ts';
import { usePage } from './page.ts';
import { lateWords } from './words.ts';

/** By how many seconds a film can be made longer. The server checks it again. */
const allSeconds = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

type Given = {
  /** The usual length and its price. Null: not looked up, or not possible. */
  usual: { seconds: number | null; price: number | null };
  /** Why the chosen length was refused, and the lengths that the model can do. */
  refusal: { detail: string; allowed: readonly (string | number)[] } | null;
  isBusy: boolean;
  onExtend: (seconds: number) => void;
  onClose: () => void;
};

/** Chooses by how many seconds a film becomes longer. Only the usual length has a known price. The server names the others. */
export function ExtendDialog({ usual, refusal, isBusy, onExtend, onClose }: Given): VNode {
  const { words } = usePage();
  const [wished, setWished] = useState(usual.seconds ?? 8);
  const possible = allSeconds.filter((seconds) => !refusal || refusal.allowed.includes(seconds));
  const values = possible.length > 0 ? possible : allSeconds;
  const nearest = [...values].sort((a, b) => Math.abs(a - wished) - Math.abs(b - wished))[0];
  const seconds = nearest ?? wished;
  const name = words.extendBy(seconds);
  const isPriced = seconds === usual.seconds && usual.price !== null;
  return html`<${Dialog} title=${lateWords().extension.title} confirm=${isPriced ? words.priced(name, usual.price ?? 0) : name} isBusy=${isBusy} onConfirm=${() => onExtend(seconds)} onClose=${onClose}>
    <${Slider} label=${lateWords().extension.by} values=${values} value=${seconds} say=${words.seconds} onChoose=${setWished} />
    <p class="why" role="status">${refusal?.detail ?? (isPriced ? '' : lateWords().extension.unpriced)}</p>
  </${Dialog}>`;
}
