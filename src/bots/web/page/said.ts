import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { icon } from './icons.ts';

export type Saying = { tone: 'good' | 'bad'; text: string };

/** The outcome of a press, beside its button. */
export const Said = ({ said }: { said: Saying | null }): VNode =>
  html`<p class="said ${said?.tone ?? ''}" role="status">
    ${said && html`${icon(said.tone === 'good' ? 'check' : 'cross')}<span>${said.text}</span>`}
  </p>`;
