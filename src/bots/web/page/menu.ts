import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { icon } from './icons.ts';

type Listed = { label: string; children: ComponentChildren };

/** Buttons for which there is no room beside the others. Escape, a press beside it and a choice close it. */
export function Menu({ label, children }: Listed): VNode {
  const [isOpen, setIsOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!isOpen) return;
    const press = (event: Event) => {
      if (event.target instanceof Node && !menu.current?.contains(event.target)) setIsOpen(false);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setIsOpen(false);
      opener.current?.focus();
    };
    document.addEventListener('pointerdown', press);
    document.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', press);
      document.removeEventListener('keydown', key);
    };
  }, [isOpen]);
  return html`<div class="menu" ref=${menu}>
    <button ref=${opener} type="button" class="button" aria-expanded=${isOpen} aria-controls=${id} onClick=${() => setIsOpen(!isOpen)}>
      ${icon('more')}${label}
    </button>
    <div id=${id} class="menu-list" hidden=${!isOpen} onClick=${() => setIsOpen(false)}>${children}</div>
  </div>`;
}
