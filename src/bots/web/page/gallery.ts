import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { members, Run, runPage } from '../contract.ts';
import { segments } from './controls.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { ratioOf, resultOf } from './runShape.ts';

type Kind = 'all' | 'image' | 'video';
type Members = z.infer<typeof members>['members'];

const pageSize = 24;
const typingMs = 250;

/** Everything that the workspace made, loading as somebody scrolls. */
export function Gallery(): VNode {
  const { api, words, session, tell } = usePage();
  const [search, setSearch] = useState('');
  const [kind, setKind] = useState<Kind>('all');
  const [member, setMember] = useState('');
  const [members, setMembers] = useState<Members>([]);
  const searchId = useId();
  const memberId = useId();
  const isAdmin = session.scope !== 'member';
  useEffect(() => {
    if (!isAdmin) return;
    api.get<{ members: Members }>('/api/members').then((answer) => tell(answer) && setMembers(answer.body.members));
  }, []);
  const asked = new URLSearchParams({ limit: String(pageSize) });
  if (search.trim() !== '') asked.set('search', search.trim());
  if (kind !== 'all') asked.set('kind', kind);
  if (member !== '') asked.set('member', member);
  const type = (event: Event & { currentTarget: HTMLInputElement }) => setSearch(event.currentTarget.value);
  const choose = (event: Event & { currentTarget: HTMLSelectElement }) => setMember(event.currentTarget.value);
  return html`<div class="gallery-page">
    <div class="page-head">
      <h1>${words.views.gallery}</h1>
      <div class="filters" role="search">
        <label class="search" for=${searchId}>
          <span class="hidden">${words.gallery.search}</span>${icon('search')}
          <input id=${searchId} type="search" placeholder=${words.gallery.search} value=${search} onInput=${type} />
        </label>
        ${segments({
          legend: words.gallery.kind,
          value: kind,
          onChoose: setKind,
          choices: [
            { value: 'all', label: words.gallery.all },
            { value: 'image', label: words.gallery.images },
            { value: 'video', label: words.gallery.videos },
          ],
        })}
        ${
          members.length > 1 &&
          html`<label class="select" for=${memberId}><span class="hidden">${words.gallery.member}</span>
            <select id=${memberId} value=${member} onChange=${choose}>
              <option value="">${words.gallery.everybody}</option>
              ${members.map(({ id, name, runs }) => html`<option value=${id}>${name} (${runs})</option>`)}
            </select>
          </label>`
        }
      </div>
    </div>
    <${Found} asked=${asked.toString()} />
  </div>`;
}

type Page = z.infer<typeof runPage>;
type Loaded = { asked: string; runs: readonly Run[]; next: string | null };

/** Page after page of what was asked for, the next one shortly before its place comes into view. */
function Found({ asked }: { asked: string }): VNode {
  const { api, words, tell } = usePage();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const asking = new AbortController();
    const soon = setTimeout(
      async () => {
        const answer = await api.get<Page>(`/api/workflows?${asked}`, asking.signal);
        if (asking.signal.aborted || !tell(answer)) return;
        setLoaded({ asked, runs: answer.body.runs, next: answer.body.nextCursor });
      },
      loaded ? typingMs : 0,
    );
    return () => {
      clearTimeout(soon);
      asking.abort();
    };
  }, [asked]);
  useEffect(() => {
    const cursor = loaded?.next;
    if (!end.current || !loaded || !cursor) return;
    const seen = new IntersectionObserver(
      async ([entry]) => {
        if (!entry?.isIntersecting) return;
        seen.disconnect();
        const answer = await api.get<Page>(`/api/workflows?${loaded.asked}&cursor=${cursor}`);
        if (!tell(answer)) return;
        const { runs, nextCursor } = answer.body;
        setLoaded((now) => (now?.next === cursor ? { ...now, runs: [...now.runs, ...runs], next: nextCursor } : now));
      },
      { rootMargin: '800px' },
    );
    seen.observe(end.current);
    return () => seen.disconnect();
  }, [loaded]);
  const shown = (loaded?.runs ?? []).filter((run) => resultOf(run));
  const isEmpty = loaded !== null && shown.length === 0 && loaded.next === null;
  return html`<div class="found" aria-busy=${loaded?.asked !== asked}>
    ${
      isEmpty
        ? html`<div class="empty"><p>${asked === `limit=${pageSize}` ? words.gallery.empty : words.gallery.none}</p><a class="button primary" href="/">${icon('make')}${words.views.make}</a></div>`
        : html`<ul class="tiles">${shown.map((run) => html`<${Tile} key=${run.id} run=${run} />`)}</ul>`
    }
    <div ref=${end} class="end" />
  </div>`;
}

function Tile({ run }: { run: Run }): VNode | null {
  const { words } = usePage();
  const result = resultOf(run);
  const film = useRef<HTMLVideoElement>(null);
  const [isNear, setIsNear] = useState(false);
  if (!result) return null;
  const isVideo = result.kind === 'video';
  const label = `${isVideo ? words.videoOf(run.prompt) : words.pictureOf(run.prompt)}`;
  return html`<li class="tile" style=${{ '--ratio': ratioOf(run, result) }}>
    <a href="/runs/${run.id}" aria-label=${label} onMouseEnter=${() => setIsNear(true)} onMouseLeave=${() => setIsNear(false)}>
      <span class="tile-frame">
        ${result.thumbnailUrl && html`<img src=${result.thumbnailUrl} alt="" width=${result.width} height=${result.height} loading="lazy" decoding="async" />`}
        ${isVideo && isNear && html`<video ref=${film} src=${result.url} muted loop playsinline autoplay aria-hidden="true" tabindex="-1" />`}
        ${isVideo && html`<span class="badge">${icon('play')}${result.seconds === null ? '' : words.seconds(Math.round(result.seconds))}</span>`}
      </span>
      <span class="tile-words">${run.prompt || words.unspoken}</span>
    </a>
  </li>`;
}
