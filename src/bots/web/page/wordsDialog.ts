import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.ts';
import { usePage } from './page.ts';
import { PromptField } from './promptField.ts';
import type { Asking } from './runAction.ts';
import { lateWords } from './words.ts';

const maxPromptLength = 4000;

type Asked = {
  action: Asking;
  /** The words that the field begins with. */
  first: string;
  price: number | null;
  isBusy: boolean;
  onSay: (words: string) => void;
  onClose: () => void;
};

/** Asks for the words of a new run, with its price on the button. */
export function WordsDialog({ action, first, price, isBusy, onSay, onClose }: Asked): VNode {
  const { words } = usePage();
  const [said, setSaid] = useState(first);
  const { title, label, hint } = lateWords().asking[action];
  const isEmpty = said.trim() === '';
  const say = () => {
    if (!isBusy && !isEmpty) onSay(said);
  };
  const confirm = price === null ? words.make : words.makeIt(price);
  return html`<${Dialog} title=${title} confirm=${confirm} isBusy=${isBusy || isEmpty} onConfirm=${say} onClose=${onClose}>
    <${PromptField} label=${label} placeholder=${hint} value=${said} maxLength=${maxPromptLength} onType=${setSaid} onSubmit=${say} />
  </${Dialog}>`;
}
