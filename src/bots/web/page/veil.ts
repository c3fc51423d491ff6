import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import type { Medium } from './runShape.ts';
import { createStore, useStore } from './store.ts';

/** The media that the member has asked to see, although moderation has flagged them. An address is renewed every hour, its path is not. */
const revealed = createStore<ReadonlySet<string>>(new Set());
const keyOf = ({ url }: Medium): string => url.split('?')[0] ?? url;

/** Whether a medium has to be blurred, because moderation has flagged it and nobody has asked to see it. */
export function useVeil(medium: Medium): { isVeiled: boolean; reveal: () => void } {
  const seen = useStore(revealed);
  return {
    isVeiled: medium.flagged !== null && !seen.has(keyOf(medium)),
    reveal: () => revealed.change((now) => new Set(now).add(keyOf(medium))),
  };
}

/** Covers a blurred medium. A press shows it. */
export function Veil({ medium, onReveal }: { medium: Medium; onReveal: () => void }): VNode {
  const { words } = usePage();
  return html`<button type="button" class="veil" onClick=${onReveal}>
    ${icon('hidden')}<span>${words.flagged((medium.flagged ?? []).join(', '))}</span>
  </button>`;
}
