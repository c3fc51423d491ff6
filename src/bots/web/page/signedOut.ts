import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { brand } from './brand.ts';
import type { Words } from './words.ts';

type Reason = { title: string; detail: string };

/** For a visitor who is not signed in: how to sign in. With a `reason`, it says why there is nothing to see. */
export function SignedOut({ words, reason }: { words: Words; reason?: Reason }): VNode {
  const { signedOut } = words;
  return html`<main class="door">
    <p class="door-brand">${brand}</p>
    <h1>${reason?.title ?? signedOut.title}</h1>
    ${
      reason
        ? html`<p>${reason.detail}</p>
            <button class="button" onClick=${() => location.reload()}>${words.retry}</button>`
        : html`<p>${signedOut.type}</p>
            <p class="door-command"><kbd>/vidgenie web</kbd></p>
            <p class="quiet">${signedOut.afterwards}</p>`
    }
  </main>`;
}
