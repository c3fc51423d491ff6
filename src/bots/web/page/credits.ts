import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { z } from 'zod';
import type { creditsState, transaction, transactionPage, use } from '../contract/credits.ts';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { DayPlot } from './plot.ts';
import { useStore } from './store.ts';
import { lateWords } from './words.ts';

type Use = z.infer<typeof use>;
type Transaction = z.infer<typeof transaction>;
type Ledger = z.infer<typeof transactionPage>;
type State = z.infer<typeof creditsState>;

const days = 30;

/** The balance, held credits, used credits and every row of the ledger. */
export function Credits(): VNode {
  const { live, words } = usePage();
  const account = useStore(live.account);
  const changed = `${account?.balance} ${account?.held}`;
  const { body: state, isAway } = useAnswer<State>('/api/credits', changed);
  const { body: used } = useAnswer<Use>(`/api/credits/use?days=${days}`, changed);
  const figure = (label: string, value: number | undefined) =>
    html`<div class="figure"><dt>${label}</dt><dd>${value === undefined ? ' ' : words.number(value)}</dd></div>`;
  return html`<div class="credits-page">
    <div class="page-head"><h1>${words.views.credits}</h1></div>
    ${isAway && html`<${Away} />`}
    <dl class="figures">
      ${figure(lateWords().ledger.balance, state?.balance)}${figure(lateWords().ledger.held, state?.held)}
      ${figure(lateWords().ledger.today, state?.used.day)}${figure(lateWords().ledger.month, state?.used.month)}
    </dl>
    <section class="panel" aria-labelledby="by-day">
      <h2 id="by-day">${lateWords().ledger.byDay(days)}</h2>
      ${used ? html`<${DayPlot} days=${used.days} />` : html`<div class="plot" />`}
    </section>
    ${
      used &&
      used.members.length > 0 &&
      html`<section class="panel" aria-labelledby="by-member">
        <h2 id="by-member">${lateWords().ledger.byMember}</h2>
        <${MemberBars} members=${used.members} />
      </section>`
    }
    <${Transactions} changed=${changed} />
  </div>`;
}

function MemberBars({ members }: { members: Use['members'] }): VNode {
  const { words } = usePage();
  const max = Math.max(1, ...members.map(({ credits }) => credits));
  return html`<ul class="member-bars">
    ${members.map(
      ({ id, name, credits }) => html`<li key=${id}>
        <span class="member-name">${name}</span>
        <span class="member-bar" aria-hidden="true" style=${{ '--part': Math.max(0, credits) / max }} />
        <span class="member-credits">${words.credits(credits)}</span>
      </li>`,
    )}
  </ul>`;
}

function Transactions({ changed }: { changed: string }): VNode {
  const { api, words, tell } = usePage();
  const { body: ledger, change } = useAnswer<Ledger>('/api/credits/transactions?limit=25', changed);
  const more = async () => {
    const answer = await api.get<Ledger>(`/api/credits/transactions?limit=100&cursor=${ledger?.nextCursor}`);
    if (!tell(answer) || !ledger) return;
    const { transactions, nextCursor } = answer.body;
    change({ transactions: [...ledger.transactions, ...transactions], nextCursor });
  };
  return html`<section class="panel" aria-labelledby="ledger">
    <div class="section-head">
      <h2 id="ledger">${lateWords().ledger.transactions}</h2>
      <a class="button" href="/api/credits/transactions.csv" download>${icon('download')}CSV</a>
    </div>
    <div class="scroller" tabindex="0" role="group" aria-labelledby="ledger">
      <table>
        <thead><tr>
          <th scope="col">${lateWords().ledger.when}</th><th scope="col">${lateWords().ledger.what}</th>
          <th scope="col" class="number">${lateWords().ledger.amount}</th><th scope="col" class="number">${lateWords().ledger.balance}</th><th scope="col" class="number held">${lateWords().ledger.held}</th>
        </tr></thead>
        <tbody>${ledger?.transactions.map((row) => html`<${Row} key=${row.id} row=${row} />`)}</tbody>
      </table>
    </div>
    ${ledger?.nextCursor && html`<button class="button" onClick=${more}>${words.more}</button>`}
  </section>`;
}

function Row({ row }: { row: Transaction }): VNode {
  const { words } = usePage();
  const what = lateWords().ledger.kinds[row.kind];
  return html`<tr>
    <td>${words.moment(row.at)}</td>
    <td>${row.workflowId === null ? what : html`<a href="/runs/${row.workflowId}">${what}</a>`}${row.note !== '' && html` <span class="note">${row.note}</span>`}</td>
    <td class="number">${words.number(row.amount)}</td>
    <td class="number">${words.number(row.balanceAfter)}</td>
    <td class="number held">${words.number(row.heldAfter)}</td>
  </tr>`;
}
