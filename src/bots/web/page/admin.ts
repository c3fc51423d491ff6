import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { Grant } from './grant.ts';
import { Keys } from './keys.ts';
import { usePage } from './page.ts';
import { Settings } from './settings.ts';
import { Tokens } from './tokens.ts';

/** Credits, keys, settings and tokens, for members who may change them. */
export function Admin(): VNode {
  const { words, session } = usePage();
  return html`<div class="admin-page">
    <div class="page-head">
      <h1>${words.views.admin}</h1>
      <p class="quiet">${session.workspace.name}</p>
    </div>
    ${session.scope === 'operator' && html`<${Grant} />`}
    <${Keys} />
    <${Settings} />
    <${Tokens} />
  </div>`;
}
