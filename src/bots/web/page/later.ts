import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { untilAnswered } from './answers.ts';
import type { Answer, Api } from './api.ts';
import { Away } from './away.ts';
import { type Session, usePage } from './page.ts';
import { loadLateWords } from './words.ts';

type Locale = Session['locale'];
type ViewOf<Given> = (given: Given) => VNode | null;

/** A view that loads when the member opens it, with as many retries as needed. It is given all but `load`. */
export function Later<Given extends object>({
  load,
  ...given
}: { load: () => Promise<ViewOf<Given>> } & Given): VNode | null {
  const { api, live, session } = usePage();
  const [loaded, setLoaded] = useState<{ view: ViewOf<Given> } | null>(null);
  const [isAway, setIsAway] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    untilAnswered(
      () => loadedBy(load, api, session.locale),
      live,
      leaving.signal,
      (answer) => {
        setIsAway(!answer.ok);
        if (answer.ok) setLoaded({ view: answer.body });
      },
    );
    return () => leaving.abort();
  }, []);
  if (loaded) return html`<${loaded.view} ...${given} />`;
  return isAway ? html`<${Away} />` : null;
}

async function loadedBy<View>(load: () => Promise<View>, api: Api, locale: Locale): Promise<Answer<View>> {
  try {
    const [view] = await Promise.all([load(), loadStyle(), loadLateWords(locale)]);
    return { ok: true, body: view };
  } catch {
    // The server answers but does not have this file. Either the server has another version than this page, or the browser cached
    // the failure and does not ask again. A reload fixes both.
    const answer = await api.get('/api/session');
    if (answer.ok && isReloadDue()) location.reload();
    return { ok: false, refusal: answer.ok ? gone : answer.refusal };
  }
}

const gone = { status: 503, reason: 'away', title: '', detail: '' };
const reloadName = 'reloaded';
const reloadEveryMs = 60_000;

/** Reloads at most once a minute, so that a page that cannot be loaded does not flicker. */
function isReloadDue(): boolean {
  const now = Date.now();
  if (now - Number(sessionStorage.getItem(reloadName) ?? 0) < reloadEveryMs) return false;
  sessionStorage.setItem(reloadName, String(now));
  return true;
}

let style: Promise<void> | null = null;

/** Loads the style of all views except the first, once. */
function loadStyle(): Promise<void> {
  style ??= new Promise((resolve, reject) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = new URL('../../later.css', import.meta.url).href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      style = null;
      reject(new Error('the style of the views did not come'));
    };
    document.head.append(link);
  });
  return style;
}

/** Loads a view, its style and its texts in advance. If that fails, they load when needed. */
export function preload(load: () => Promise<unknown>, locale: Locale): void {
  Promise.all([load(), loadStyle(), loadLateWords(locale)]).catch(() => {});
}
