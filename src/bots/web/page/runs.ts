import { html } from 'htm/preact';
import type { VNode } from 'preact';
import type { Run } from '../contract/run.ts';
import { barsOf } from './bars.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { isOver, paidFor, resultOf } from './runShape.ts';
import { useStore } from './store.ts';

const max = 8;

/** The latest runs, updated live. */
export function Runs(): VNode | null {
  const { words, live } = usePage();
  const runs = [...useStore(live.runs).values()]
    .filter(({ deletedAt }) => deletedAt === null)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  if (runs.length === 0) return null;
  return html`<section class="latest" aria-labelledby="latest">
    <div class="section-head">
      <h2 id="latest">${words.latest}</h2>
      <a href="/gallery">${words.seeAll}</a>
    </div>
    <ul class="runs">
      ${runs.slice(0, max).map((run) => html`<${RunLine} key=${run.id} run=${run} />`)}
    </ul>
  </section>`;
}

function RunLine({ run }: { run: Run }): VNode {
  const { words } = usePage();
  const result = resultOf(run);
  const said = run.prompt || words.unspoken;
  return html`<li class="run-line ${run.state}">
    <a href="/runs/${run.id}">
      <span class="thumb">
        ${
          result?.thumbnailUrl
            ? html`<img class=${result.flagged === null ? '' : 'veiled'} src=${result.thumbnailUrl} alt="" loading="lazy" decoding="async" />`
            : html`<span class="thumb-empty" />`
        }
        ${result?.kind === 'video' && html`<span class="thumb-play">${icon('play')}</span>`}
      </span>
      <span class="run-words">
        <span class="run-prompt">${said}</span>
        <span class="run-aside">${asideOf(run)}</span>
      </span>
      <span class="track" aria-hidden="true">
        ${barsOf(run).map(({ key, state, percent }) => html`<i key=${key} class=${state} style=${{ '--done': percent / 100 }} />`)}
      </span>
    </a>
  </li>`;
  function asideOf(it: Run): string {
    const who = it.mine ? '' : `${it.member.name} · `;
    if (isOver(it))
      return `${who}${words.states[it.state]} · ${words.credits(paidFor(it))} · ${words.ago(it.createdAt)}`;
    const [working, another] = it.steps.filter(({ state }) => state === 'working');
    if (another) return `${who}${words.several(it.percent, it.remainingMs)}`;
    return `${who}${working ? `${working.label} · ${working.note}` : words.states[it.state]}`;
  }
}
