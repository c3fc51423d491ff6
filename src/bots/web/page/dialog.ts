import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { usePage } from './page.ts';

type Asked = {
  title: string;
  /** What the button says that does it; left out, there is nothing to do but to look and close. */
  confirm?: string;
  tone?: 'plain' | 'danger';
  /** What the button says that does nothing. */
  close?: string;
  isBusy?: boolean;
  children?: ComponentChildren;
  onConfirm?: () => void;
  onClose: () => void;
};

/** A question before something is done. Escape, and a press beside it, close it; the focus goes back to where it was. */
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
    // Taken out of the page while it is open, it would take the focus along.
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
