import { html } from 'htm/preact';
import type { RefObject, VNode } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CastOffer } from './castOffer.ts';
import { usePage } from './page.ts';

type Typed = {
  label: string;
  placeholder: string;
  value: string;
  maxLength: number;
  field?: RefObject<HTMLTextAreaElement>;
  onType: (words: string) => void;
  onSubmit: () => void;
};

type OfField = { currentTarget: HTMLTextAreaElement };

/**
 * A text area that is as high as its text. It uses `field-sizing`, and a copy of the text in browsers that lack it. An @ offers the names
 * of the cast.
 */
export function PromptField({ label, placeholder, value, maxLength, field, onType, onSubmit }: Typed): VNode {
  const { words } = usePage();
  const id = useId();
  const own = useRef<HTMLTextAreaElement>(null);
  const area = field ?? own;
  const [caret, setCaret] = useState<number | null>(null);
  const [typed, setTyped] = useState<{ before: string; after: string } | null>(null);
  const [active, setActive] = useState<string | undefined>(undefined);
  const [offer, setOffer] = useState<{ view: typeof CastOffer } | null>(null);
  const keys = useRef<((event: KeyboardEvent) => boolean) | null>(null);
  const listId = `${id}-names`;
  const look = ({ value: said, selectionStart }: HTMLTextAreaElement) => {
    const before = said.slice(0, selectionStart);
    const isName = /@\S*$/.test(before);
    setTyped(isName ? { before, after: said.slice(selectionStart) } : null);
    // Few prompts name the cast, so its list is loaded when somebody types the first @.
    if (isName && !offer) import('./castOffer.ts').then(({ CastOffer: view }) => setOffer({ view })).catch(() => {});
  };
  const close = () => setTyped(null);
  const choose = (before: string, after: string) => {
    close();
    onType(before + after);
    setCaret(before.length);
  };
  useLayoutEffect(() => {
    // A chosen name changes the text, and the browser would move the caret to its end.
    if (caret === null) return;
    area.current?.setSelectionRange(caret, caret);
    setCaret(null);
  }, [caret]);
  const type = ({ currentTarget }: Event & OfField) => {
    onType(currentTarget.value);
    look(currentTarget);
  };
  const key = (event: KeyboardEvent) => {
    if (typed && keys.current?.(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    onSubmit();
  };
  const left = maxLength - value.length;
  return html`<div class="prompt-field">
    <label for=${id}>${label}</label>
    <div class="grows" data-words=${`${value || placeholder} `}>
      <textarea
        ref=${area}
        id=${id}
        rows="2"
        maxlength=${maxLength}
        placeholder=${placeholder}
        value=${value}
        spellcheck
        aria-autocomplete="list"
        aria-controls=${active && listId}
        aria-activedescendant=${active}
        onInput=${type}
        onKeyDown=${key}
        onClick=${({ currentTarget }: Event & OfField) => look(currentTarget)}
        onBlur=${close}
      />
      ${typed && offer && html`<${offer.view} id=${listId} ...${typed} keys=${keys} onChoose=${choose} onClose=${close} onActive=${setActive} />`}
    </div>
    ${left < 200 && html`<p class="why">${words.charactersLeft(left)}</p>`}
  </div>`;
}
