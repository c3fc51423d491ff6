import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { untilAnswered } from './answers.ts';
import type { Answer, Api } from './api.ts';
import { Away } from './away.ts';
import { usePage } from './page.ts';

type ViewOf = (given: { id: string }) => VNode;

/** A view that is loaded when somebody goes there, however often that takes. */
export function Later({ load, id = '' }: { load: () => Promise<ViewOf>; id?: string }): VNode | null {
  const { api, live } = usePage();
  const [loaded, setLoaded] = useState<{ view: ViewOf } | null>(null);
  const [isAway, setIsAway] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    untilAnswered(
      () => loadedBy(load, api),
      live,
      leaving.signal,
      (answer) => {
        setIsAway(!answer.ok);
        if (answer.ok) setLoaded({ view: answer.body });
      },
    );
    return () => leaving.abort();
  }, []);
  if (loaded) return html`<${loaded.view} id=${id} />`;
  return isAway ? html`<${Away} />` : null;
}

async function loadedBy(load: () => Promise<ViewOf>, api: Api): Promise<Answer<ViewOf>> {
  try {
    const [view] = await Promise.all([load(), loadStyle()]);
    return { ok: true, body: view };
  } catch {
    // The server answers and does not have this file: it is of another version than this page. Or the browser has learned that the
    // file is not there, and does not ask a second time. Both end with the page of now.
    const answer = await api.get('/api/session');
    if (answer.ok && isReloadDue()) location.reload();
    return { ok: false, refusal: answer.ok ? gone : answer.refusal };
  }
}

const gone = { status: 503, reason: 'away', title: '', detail: '' };
const reloadName = 'reloaded';
const reloadEveryMs = 60_000;

/** No oftener than every minute, so that a page that cannot be loaded does not blink. */
function isReloadDue(): boolean {
  const now = Date.now();
  if (now - Number(sessionStorage.getItem(reloadName) ?? 0) < reloadEveryMs) return false;
  sessionStorage.setItem(reloadName, String(now));
  return true;
}

let style: Promise<void> | null = null;

/** The style of all views but the first, once. */
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

/** Loads a view and its style before anybody asks for it; what does not come is asked for when it is needed. */
export function preload(load: () => Promise<ViewOf>): void {
  Promise.all([load(), loadStyle()]).catch(() => {});
}
