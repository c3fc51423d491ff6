import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Run } from '../contract/run.ts';
import { isPassing, untilAnswered } from './answers.ts';
import type { Refusal } from './api.ts';
import { Away } from './away.ts';
import { Canvas } from './canvas.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { RunActions } from './runActions.ts';
import { isOver, paidFor } from './runShape.ts';
import { useStarter } from './starter.ts';
import { useStore } from './store.ts';
import { Versions } from './versions.ts';

/**
 * How often we ask for a run's place in the queue. It changes with other runs, and the server does not stream that. Milliseconds.
 */
const placeEveryMs = 10_000;

/** A run, as a canvas. */
export function RunView({ id }: { id: string }): VNode {
  const { api, live, words } = usePage();
  const run = useStore(live.runs).get(id);
  const { opened } = useStore(live.line);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const isQueued = run?.state === 'queued';
  const ask = (signal: AbortSignal) =>
    untilAnswered(
      () => api.get<Run>(`/api/workflows/${id}`, signal),
      live,
      signal,
      (answer) => {
        setRefusal(answer.ok ? null : answer.refusal);
        if (answer.ok) live.keep(answer.body);
      },
    );
  useEffect(() => {
    // We ask again with every connection, because the stream does not repeat what an old run missed.
    const leaving = new AbortController();
    ask(leaving.signal);
    return () => leaving.abort();
  }, [id, opened]);
  useEffect(() => {
    if (!isQueued) return;
    const leaving = new AbortController();
    const asking = setInterval(() => ask(leaving.signal), placeEveryMs);
    return () => {
      clearInterval(asking);
      leaving.abort();
    };
  }, [id, isQueued]);
  useEffect(() => {
    // At its end a run gets buttons that start another one. This loads their prices.
    if (!run || !isOver(run) || run.prices !== null) return;
    const leaving = new AbortController();
    ask(leaving.signal);
    return () => leaving.abort();
  }, [run?.state]);
  useEffect(() => {
    if (!run) return;
    const lead = isOver(run) ? '' : `${run.percent} % · `;
    document.title = `${lead}${run.prompt.slice(0, 60) || words.unspoken} · VidGenie`;
  }, [run?.percent, run?.state]);
  if (run) return html`<${Shown} run=${run} />`;
  if (!refusal) return html`<div class="run-page loading" aria-busy="true" />`;
  if (isPassing(refusal)) return html`<${Away} />`;
  return html`<div class="empty">
    <h1>${refusal.title}</h1>
    <p>${refusal.detail}</p>
    <a class="button" href="/">${words.views.make}</a>
  </div>`;
}

function Shown({ run }: { run: Run }): VNode {
  const { words } = usePage();
  const starter = useStarter(run);
  const who = run.mine ? '' : `${run.member.name} · `;
  const isLong = run.prompt.length > 64;
  return html`<div class="run-page">
    <header class="run-head">
      <div class="run-title">
        <a class="back" href="/">${icon('back')}${words.views.make}</a>
        <h1 class=${isLong ? 'long' : ''}>${run.prompt || words.unspoken}</h1>
        <p class="quiet">${who}${words.workflows[run.workflow]} · ${words.moment(run.createdAt)}</p>
      </div>
      <${RunActions} run=${run} starter=${starter} />
    </header>
    <${Standing} run=${run} />
    <${Versions} run=${run} />
    <${Canvas} run=${run} starter=${starter} />
  </div>`;
}

/** The run's state in a sentence. Screen readers announce only its important changes, not every percent. */
function Standing({ run }: { run: Run }): VNode {
  const { words } = usePage();
  const over = isOver(run);
  const cost = over
    ? words.paid(paidFor(run), (run.releasedCredits ?? 0) + run.refundedCredits)
    : words.held(run.priceCredits);
  const rest = over ? '' : run.stopping ? words.stopping : words.remaining(run.remainingMs);
  return html`<section class="standing ${run.state}" aria-label=${words.standing}>
    <p class="standing-title" role="status">${run.title}</p>
    <p class="quiet">${[run.queue?.sentence ?? '', rest, cost].filter((one) => one !== '').join(' · ')}</p>
    ${
      over
        ? html`<div class="bar gone" />`
        : html`<div
            class="bar"
            role="progressbar"
            aria-label=${words.progress}
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=${run.percent}
            style=${{ '--done': run.percent / 100 }}
          />`
    }
  </section>`;
}
