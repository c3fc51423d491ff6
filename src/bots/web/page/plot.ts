import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { usePage } from './page.ts';
import { lateWords } from './words.ts';

type Day = { day: string; credits: number };

const [width, height, gap] = [600, 140, 4];

/** Credits by day, as columns. Screen readers get the same data as a table. */
export function DayPlot({ days }: { days: readonly Day[] }): VNode {
  const { words } = usePage();
  const top = roundUp(Math.max(4, ...days.map(({ credits }) => credits)));
  const pitch = width / Math.max(1, days.length);
  const marks = [0, Math.floor(days.length / 2), days.length - 1];
  return html`<figure class="plot">
    <span class="plot-top" aria-hidden="true">${words.number(top)}</span>
    <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
      <path class="grid" d="M0 .5H${width}M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}" />
      ${days.map(({ day, credits }, at) => {
        const high = credits <= 0 ? 0 : Math.max(2, (credits / top) * height);
        return html`<rect key=${day} x=${at * pitch + gap / 2} y=${height - high} width=${pitch - gap} height=${high} rx="2"><title>${words.day(day)}: ${words.credits(credits)}</title></rect>`;
      })}
    </svg>
    <div class="plot-days" aria-hidden="true">${marks.map((at) => html`<span>${days[at] ? words.day(days[at].day) : ''}</span>`)}</div>
    <div class="hidden"><table>
      <caption>${lateWords().ledger.byDay(days.length)}</caption>
      <thead><tr><th scope="col">${lateWords().ledger.when}</th><th scope="col">${lateWords().ledger.amount}</th></tr></thead>
      <tbody>${days.map(({ day, credits }) => html`<tr><th scope="row">${words.day(day)}</th><td>${credits}</td></tr>`)}</tbody>
    </table></div>
  </figure>`;
}

/** Rounds up to the next number of the series 5, 10, 20, 50 … */
function roundUp(max: number): number {
  const ten = 10 ** Math.floor(Math.log10(max));
  return [1, 2, 5, 10].map((by) => by * ten).find((one) => one >= max) ?? max;
}
