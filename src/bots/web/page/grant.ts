import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { granted } from '../contract/credits.ts';
import { pressKey } from './api.ts';
import { usePage } from './page.ts';
import { Said, type Saying } from './said.ts';
import { useStore } from './store.ts';
import { lateWords } from './words.ts';

type Granted = z.infer<typeof granted>;

const maxCredits = 1_000_000;

/** Lets the operator of this installation grant credits to this workspace. */
export function Grant(): VNode {
  const { api, live } = usePage();
  const account = useStore(live.account);
  const [amount, setAmount] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [said, setSaid] = useState<Saying | null>(null);
  // A grant keeps its key until it is answered. So repeated presses and lost answers still make one grant.
  const press = useRef({ amount: '', key: '' });
  const type = (event: Event & { currentTarget: HTMLInputElement }) => {
    setSaid(null);
    setAmount(event.currentTarget.value);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const credits = Number(amount);
    if (isBusy || !Number.isInteger(credits) || credits < 1 || credits > maxCredits) return;
    if (press.current.amount !== amount) press.current = { amount, key: pressKey() };
    setIsBusy(true);
    const answer = await api.send<Granted>('POST', '/api/credits/grant', {
      body: { amount: credits },
      key: press.current.key,
    });
    setIsBusy(false);
    if (!answer.ok) {
      setSaid({ tone: 'bad', text: `${answer.refusal.title}. ${answer.refusal.detail}` });
      if (answer.refusal.status !== 0) press.current = { amount: '', key: '' };
      return;
    }
    press.current = { amount: '', key: '' };
    setAmount('');
    const { balance } = answer.body;
    live.account.change((now) => ({ held: now?.held ?? 0, balance }));
    setSaid({ tone: 'good', text: answer.body.detail });
  };
  const { grant } = lateWords();
  return html`<section class="panel" aria-labelledby="grant">
    <h2 id="grant">${grant.title}</h2>
    <p class="quiet">${account ? grant.intro(account.balance) : ' '}</p>
    <form class="one-line" onSubmit=${submit}>
      <label class="stacked">${grant.amount}<input type="number" min="1" max=${maxCredits} step="1" required inputmode="numeric" value=${amount} onInput=${type} /></label>
      <button class="button primary" disabled=${isBusy}>${grant.give}</button>
    </form>
    <${Said} said=${said} />
  </section>`;
}
