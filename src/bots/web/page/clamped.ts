import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePage } from './page.ts';

type Given = {
  /** The text, which tells whether it is long. */
  text: string;
  /** A text of more characters than this is long. So is one of more than five lines. */
  max?: number;
  /** Renders the text. `isWhole` is true when all of it is shown. */
  children: (isWhole: boolean) => ComponentChildren;
};

/** A long text: a few lines of it, and all of it on request. */
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
