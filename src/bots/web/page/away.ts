import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { usePage } from './page.ts';

/** In the place of what cannot be loaded: that it is being tried again, without anybody's help. */
export function Away(): VNode {
  const { words } = usePage();
  return html`<p class="away" role="status"><strong>${words.away.title}.</strong> ${words.away.again}</p>`;
}
