import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePage } from './page.ts';

type Given = {
  /** What is there, to tell whether it is long. */
  text: string;
  /** Characters, and lines of them, beyond which it is long. */
  max?: number;
  /** What is shown: `isWhole` when nothing is to be kept back. */
  children: (isWhole: boolean) => ComponentChildren;
};

/** Long words: a few lines of them, and all of them for whoever asks. */
export function Clamped({ text, max = 200, children }: Given): VNode {
  const { words } = usePage();
  const [isOpen, setIsOpen] = useState(false);
  const isLong = text.length > max || text.split('\n').length > 5;
  return html`${children(isOpen || !isLong)}
    ${
      isLong &&
      html`<button type="button" class="unfold" aria-expanded=${isOpen} onClick=${() => setIsOpen(!isOpen)}>
        ${isOpen ? words.fold : words.unfold}
      </button>`
    }`;
}
