import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { token, tokenList, tokenMade } from '../contract/tokens.ts';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { Dialog } from './dialog.ts';
import { usePage } from './page.ts';
import { lateWords } from './words.ts';

type Token = z.infer<typeof token>;
type List = z.infer<typeof tokenList>;
type Scope = Token['scope'];

/** The tokens that open the API for programs. A new token is shown once, in the dialog after its creation, and stored nowhere. */
export function Tokens(): VNode {
  const { api, session, tell } = usePage();
  const { body, isAway, change } = useAnswer<List>('/api/tokens');
  const [label, setLabel] = useState('');
  const [scope, setScope] = useState<Scope>('member');
  const [isBusy, setIsBusy] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const { tokens } = lateWords();
  const scopes = (['member', 'admin', 'operator'] as const).filter(
    (one) => one !== 'operator' || session.scope === 'operator',
  );
  const during = async (work: () => Promise<void>) => {
    if (isBusy) return;
    setIsBusy(true);
    await work();
    setIsBusy(false);
  };
  const make = (event: Event) => {
    event.preventDefault();
    during(async () => {
      const answer = await api.send<z.infer<typeof tokenMade>>('POST', '/api/tokens', { body: { scope, label } });
      if (!tell(answer)) return;
      change({ tokens: answer.body.tokens });
      setLabel('');
      setMade(answer.body.token);
    });
  };
  const revoke = ({ id }: Token) =>
    during(async () => {
      const answer = await api.send<List>('DELETE', `/api/tokens/${id}`);
      setRevoking(null);
      if (tell(answer)) change(answer.body);
    });
  const type = (event: Event & { currentTarget: HTMLInputElement }) => setLabel(event.currentTarget.value);
  const choose = (event: Event & { currentTarget: HTMLSelectElement }) =>
    setScope(scopes.find((one) => one === event.currentTarget.value) ?? 'member');
  return html`<section class="panel" aria-labelledby="tokens">
    <h2 id="tokens">${tokens.title}</h2>
    <p class="quiet">${tokens.intro} <a href="/api/docs" target="_blank" rel="noopener">/api/docs</a></p>
    ${isAway && html`<${Away} />`}
    <form class="one-line" onSubmit=${make}>
      <label class="stacked">${tokens.label}<input type="text" maxlength="80" value=${label} placeholder=${tokens.labelHint} onInput=${type} /></label>
      <label class="stacked">${tokens.scope}<select value=${scope} onChange=${choose}>
        ${scopes.map((one) => html`<option value=${one}>${tokens.scopes[one]}</option>`)}
      </select></label>
      <button class="button primary" disabled=${isBusy}>${tokens.make}</button>
    </form>
    <ul class="token-list">
      ${body?.tokens.map(
        (one) => html`<li key=${one.id}>
          <span class="token-words"><strong>${one.label}</strong>
            <span class="quiet">${tokens.scopes[one.scope]} · …${one.lastFour} · ${one.lastUsedAt === null ? tokens.unused : tokens.used(one.lastUsedAt)}</span></span>
          <button type="button" class="button" aria-label=${`${tokens.revoke}: ${one.label}`} onClick=${() => setRevoking(one)}>${tokens.revoke}</button>
        </li>`,
      )}
    </ul>
    ${made !== null && html`<${Shown} token=${made} onClose=${() => setMade(null)} />`}
    ${
      revoking &&
      html`<${Dialog} title=${tokens.revokeTitle(revoking.label)} confirm=${tokens.revoke} tone="danger" isBusy=${isBusy} onConfirm=${() => revoke(revoking)} onClose=${() => setRevoking(null)}>
        <p>${tokens.revokeText}</p>
      </${Dialog}>`
    }
  </section>`;
}

/** The only time that a token is shown. */
function Shown({ token, onClose }: { token: string; onClose: () => void }): VNode {
  const [isCopied, setIsCopied] = useState(false);
  const select = (event: Event & { currentTarget: HTMLInputElement }) => event.currentTarget.select();
  // Without TLS there is no clipboard. The token is selected, and the member copies it by hand.
  const copy = () =>
    navigator.clipboard?.writeText(token).then(
      () => setIsCopied(true),
      () => {},
    );
  return html`<${Dialog} title=${lateWords().tokens.madeTitle} confirm=${isCopied ? lateWords().tokens.copied : lateWords().tokens.copy} onConfirm=${copy} onClose=${onClose}>
    <label class="stacked">${lateWords().tokens.once}<input class="secret" type="text" readonly value=${token} autofocus onFocus=${select} /></label>
  </${Dialog}>`;
}
