import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { useStore } from './store.ts';

/** Shows the outcome of an action for a few seconds. */
export function Notices(): VNode {
  const { notices, words } = usePage();
  const shown = useStore(notices);
  const close = (id: number) => notices.change((now) => now.filter((one) => one.id !== id));
  return html`<div class="notices" role="status" aria-live="polite">
    ${shown.map(
      ({ id, tone, text }) => html`<p key=${id} class="notice ${tone}">
        ${icon(tone === 'good' ? 'check' : 'cross')}<span>${text}</span>
        <button class="icon-button" aria-label=${words.close} onClick=${() => close(id)}>${icon('cross')}</button>
      </p>`,
    )}
  </div>`;
}
