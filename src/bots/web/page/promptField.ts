import { html } from 'htm/preact';
import type { Ref, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { usePage } from './page.ts';

type Typed = {
  label: string;
  placeholder: string;
  value: string;
  maxLength: number;
  field?: Ref<HTMLTextAreaElement>;
  onType: (words: string) => void;
  onSubmit: () => void;
};

/** A text area that is as high as its text. It uses `field-sizing`, and a copy of the text in browsers that lack it. */
export function PromptField({ label, placeholder, value, maxLength, field, onType, onSubmit }: Typed): VNode {
  const { words } = usePage();
  const id = useId();
  const type = (event: Event & { currentTarget: HTMLTextAreaElement }) => onType(event.currentTarget.value);
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    onSubmit();
  };
  const left = maxLength - value.length;
  return html`<div class="prompt-field">
    <label for=${id}>${label}</label>
    <div class="grows" data-words=${`${value || placeholder} `}>
      <textarea ref=${field} id=${id} rows="2" maxlength=${maxLength} placeholder=${placeholder} value=${value} spellcheck onInput=${type} onKeyDown=${key} />
    </div>
    ${left < 200 && html`<p class="why">${words.charactersLeft(left)}</p>`}
  </div>`;
}
