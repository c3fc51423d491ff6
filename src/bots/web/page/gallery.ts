import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { Run, runPage } from '../contract/run.ts';
import type { members } from '../contract/session.ts';
import { isPassing, untilAnswered, useAnswer } from './answers.ts';
import type { Answer } from './api.ts';
import { Away } from './away.ts';
import { segments } from './controls.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { address, addressOf } from './route.ts';
import { resultOf } from './runShape.ts';
import { useStore } from './store.ts';
import { Tile } from './tile.ts';
import { lateWords } from './words.ts';

type Kind = 'all' | 'image' | 'video';
/** The filters, as in the address: `?q=fox&kind=video&member=…`. */
type Wish = { words: string; kind: Kind; member: string };

const pageSize = 24;
const typingMs = 250;

function wishOf(query: URLSearchParams): Wish {
  const kind = query.get('kind');
  return {
    words: query.get('q') ?? '',
    kind: kind === 'image' || kind === 'video' ? kind : 'all',
    member: query.get('member') ?? '',
  };
}

/** Builds a query string without empty values. */
const queryOf = (values: Record<string, string>): string =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();

/** Everything that the workspace made. It loads more as the member scrolls. The address holds the filters. */
export function Gallery(): VNode {
  const { words, session, go } = usePage();
  const { query } = useStore(address);
  const wish = wishOf(query);
  const memberId = useId();
  const isAdmin = session.scope !== 'member';
  const { body: known } = useAnswer<z.infer<typeof members>>(isAdmin ? '/api/members' : null);
  const kindOf = (kind: Kind) => (kind === 'all' ? '' : kind);
  const look = (some: Partial<Wish>, how: 'push' | 'replace' = 'push') => {
    const next = { ...wish, ...some };
    const asked = queryOf({ q: next.words.trim(), kind: kindOf(next.kind), member: next.member });
    go(asked === '' ? addressOf.gallery : `${addressOf.gallery}?${asked}`, how);
  };
  const choose = (event: Event & { currentTarget: HTMLSelectElement }) => look({ member: event.currentTarget.value });
  const asked = queryOf({
    limit: String(pageSize),
    search: wish.words,
    kind: kindOf(wish.kind),
    member: wish.member,
  });
  const everybody = known?.members ?? [];
  return html`<div class="gallery-page">
    <div class="page-head">
      <h1>${words.views.gallery}</h1>
      <div class="filters" role="search">
        <${Search} value=${wish.words} onSearch=${(said: string) => look({ words: said }, wish.words === '' || said === '' ? 'push' : 'replace')} />
        ${segments({
          legend: lateWords().gallery.kind,
          value: wish.kind,
          onChoose: (kind) => look({ kind }),
          choices: [
            { value: 'all', label: lateWords().gallery.all },
            { value: 'image', label: lateWords().gallery.images },
            { value: 'video', label: lateWords().gallery.videos },
          ],
        })}
        ${
          everybody.length > 1 &&
          html`<label class="select" for=${memberId}><span class="hidden">${lateWords().gallery.member}</span>
            <select id=${memberId} value=${wish.member} onChange=${choose}>
              <option value="">${lateWords().gallery.everybody}</option>
              ${everybody.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
            </select>
          </label>`
        }
      </div>
    </div>
    <${Found} asked=${asked} isAll=${wish.words === '' && wish.kind === 'all' && wish.member === ''} />
  </div>`;
}

/**
 * Searches when the member pauses typing. If the address changes by other means, such as going back, the field shows its words.
 */
function Search({ value, onSearch }: { value: string; onSearch: (words: string) => void }): VNode {
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  const id = useId();
  useEffect(() => {
    if (value !== said.current) setTyped(value);
    said.current = value;
  }, [value]);
  useEffect(() => {
    if (typed.trim() === said.current) return;
    const pausing = setTimeout(() => {
      said.current = typed.trim();
      onSearch(said.current);
    }, typingMs);
    return () => clearTimeout(pausing);
  }, [typed]);
  const type = (event: Event & { currentTarget: HTMLInputElement }) => setTyped(event.currentTarget.value);
  return html`<label class="search" for=${id}>
    <span class="hidden">${lateWords().gallery.search}</span>${icon('search')}
    <input id=${id} type="search" maxlength="200" placeholder=${lateWords().gallery.search} value=${typed} onInput=${type} />
  </label>`;
}

type Page = z.infer<typeof runPage>;
/** The pages after the first page of `path`. */
type More = { path: string; runs: readonly Run[]; next: string | null };

/** Shows the results page by page. It loads the next page shortly before the end comes into view. */
function Found({ asked, isAll }: { asked: string; isAll: boolean }): VNode {
  const { api, live, words, tell } = usePage();
  const path = `/api/workflows?${asked}`;
  const first = useAnswer<Page>(path);
  const [added, setAdded] = useState<More | null>(null);
  const sentinel = useRef<HTMLDivElement>(null);
  const page = first.body;
  const more = added?.path === first.path ? added : null;
  // While other results are loading, the earlier ones stay and do not grow.
  const isCurrent = first.path === path;
  const next = !isCurrent ? null : more ? more.next : (page?.nextCursor ?? null);
  useEffect(() => {
    if (!sentinel.current || next === null) return;
    const leaving = new AbortController();
    const ask = () => api.get<Page>(`${path}&cursor=${next}`, leaving.signal);
    const take = (answer: Answer<Page>) => {
      if (answer.ok) {
        const { runs, nextCursor } = answer.body;
        setAdded({ path, runs: [...(more?.runs ?? []), ...runs], next: nextCursor });
      } else if (!isPassing(answer.refusal)) tell(answer);
    };
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        seen.disconnect();
        untilAnswered(ask, live, leaving.signal, take);
      },
      { rootMargin: '800px' },
    );
    seen.observe(sentinel.current);
    return () => {
      seen.disconnect();
      leaving.abort();
    };
  }, [path, next]);
  const shown = [...(page?.runs ?? []), ...(more?.runs ?? [])].filter((run) => resultOf(run));
  const isEmpty = isCurrent && shown.length === 0 && next === null;
  return html`<div class="found" aria-busy=${!isCurrent}>
    ${first.isAway && html`<${Away} />`}
    ${
      isEmpty
        ? html`<div class="empty"><p>${isAll ? lateWords().gallery.empty : lateWords().gallery.none}</p><a class="button primary" href="/">${icon('make')}${words.views.make}</a></div>`
        : html`<ul class="tiles">${shown.map((run) => html`<${Tile} key=${run.id} run=${run} />`)}</ul>`
    }
    <div ref=${sentinel} />
  </div>`;
}
