import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { usePage } from './page.ts';

type Asked = {
  title: string;
  /** The label of the button that confirms. If it is left out, the dialog only shows something. */
  confirm?: string;
  tone?: 'plain' | 'danger';
  /** The label of the button that closes the dialog without doing anything. */
  close?: string;
  isBusy?: boolean;
  children?: ComponentChildren;
  onConfirm?: () => void;
  onClose: () => void;
};

/**
 * A dialog that asks before something is done. Escape or a press beside it closes it, and the focus returns to its earlier
 * element.
 */
export function Dialog({
  title,
  confirm,
  tone = 'plain',
  close,
  isBusy = false,
  children,
  onConfirm,
  onClose,
}: Asked): VNode {
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // If the dialog left the page while open, the focus would be lost with it.
    return () => shown?.close();
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!isBusy) onConfirm?.();
  };
  const press = (event: Event) => {
    if (event.target === dialog.current) onClose();
  };
  return html`<dialog ref=${dialog} aria-labelledby=${name} onClose=${onClose} onClick=${press}>
    <form onSubmit=${submit}>
      <h2 id=${name}>${title}</h2>
      ${children}
      <div class="buttons end">
        <button type="button" class="button quiet-button" onClick=${onClose}>${close ?? words.close}</button>
        ${confirm !== undefined && html`<button class="button ${tone === 'danger' ? 'danger' : 'primary'}" disabled=${isBusy}>${confirm}</button>`}
      </div>
    </form>
  </dialog>`;
}
