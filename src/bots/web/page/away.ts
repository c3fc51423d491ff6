import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { usePage } from './page.ts';

/** Shown in place of a view that cannot be loaded. It says that the page retries by itself. */
export function Away(): VNode {
  const { words } = usePage();
  return html`<p class="away" role="status"><strong>${words.away.title}.</strong> ${words.away.again}</p>`;
}
