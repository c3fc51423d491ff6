import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { z } from 'zod';
import type { Run, version } from '../contract/run.ts';
import { useAnswer } from './answers.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { isOver, type Medium, resultOf } from './runShape.ts';
import { useStore } from './store.ts';
import { useVeil } from './veil.ts';
import { lateWords } from './words.ts';

type Version = z.infer<typeof version>;

/** The family that was shown last. Whoever goes from one version to another sees it at once. */
let lastShown: readonly Version[] = [];

/** The versions of a picture in order: what the run was made of, and what was made of it. A press on one goes to it. */
export function Versions({ run }: { run: Run }): VNode | null {
  const { live } = usePage();
  const { opened } = useStore(live.line);
  const runs = useStore(live.runs);
  const answer = useAnswer<{ versions: readonly Version[] }>(
    `/api/workflows/${run.id}/versions`,
    `${opened} ${isOver(run)}`,
  );
  const isKnown = lastShown.some(({ id }) => id === run.id);
  const versions = answer.body?.versions ?? (isKnown ? lastShown : []);
  useEffect(() => {
    if (answer.body) lastShown = answer.body.versions;
  }, [answer.body]);
  const current = versions.find(({ id }) => id === run.id)?.number ?? 0;
  if (versions.length < 2) return run.parentId === null ? null : html`<div class="versions coming" />`;
  return html`<nav class="versions" aria-label=${lateWords().versions.title}>
    <h2>${lateWords().versions.title}</h2>
    <ol>
      ${versions.map(
        (one) => html`<${Tile} key=${one.id} version=${one} current=${current} now=${runs.get(one.id)} />`,
      )}
    </ol>
  </nav>`;
}

type Shown = { version: Version; current: number; now: Run | undefined };

/** `now` is the run as it is at this moment, if the page knows it. */
function Tile({ version, current, now }: Shown): VNode {
  const { words } = usePage();
  const { number, id, prompt } = version;
  const isCurrent = number === current;
  const medium = (now && resultOf(now)) ?? version.medium;
  const name = isCurrent ? lateWords().versions.current(number) : lateWords().versions.goTo(number, number < current);
  return html`<li>
    <a href="/runs/${id}" class="version" aria-current=${isCurrent ? 'page' : undefined} aria-label=${name} title=${`${name}: ${prompt || words.unspoken}`}>
      ${medium ? html`<${Thumbnail} medium=${medium} />` : html`<span class="thumb-empty ${now?.state ?? version.state}" />`}
      <span class="version-number">${number}</span>
    </a>
  </li>`;
}

function Thumbnail({ medium }: { medium: Medium }): VNode {
  const { isVeiled } = useVeil(medium);
  return html`${medium.thumbnailUrl !== null && html`<img class=${isVeiled ? 'veiled' : ''} src=${medium.thumbnailUrl} alt="" width=${medium.width} height=${medium.height} decoding="async" />`}
    ${medium.kind === 'video' && html`<span class="thumb-play">${icon('play')}</span>`}`;
}
