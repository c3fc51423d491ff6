import { html } from 'htm/preact';
import { render } from 'preact';
import { untilAnswered } from './answers.ts';
import { type Api, createApi, type Refusal } from './api.ts';
import { App } from './app.ts';
import { createLive, type Live } from './live.ts';
import type { Notice, Page, Session } from './page.ts';
import { go } from './route.ts';
import { SignedOut } from './signedOut.ts';
import { createStore } from './store.ts';
import { wordsIn } from './words.ts';

const shownMs = 7_000;

/** Loads the session and shows the page. The page's first data loads at the same time. */
async function start(root: Element): Promise<void> {
  const locale = document.documentElement.lang === 'fr' ? 'fr' : 'en';
  let words = await wordsIn(locale);
  const leave = () => {
    document.title = 'VidGenie';
    render(html`<${SignedOut} words=${words} />`, root);
  };
  const api = createApi(() => words, leave);
  const live = createLive(async () => {
    const now = await api.get<Session>('/api/session');
    return now.ok || now.refusal.status !== 401;
  });
  const session = await sessionOf(api, live, ({ status, title, detail }) => {
    if (status !== 401) render(html`<${SignedOut} words=${words} reason=${{ title, detail }} />`, root);
  });
  if (!session) return;
  if (session.locale !== locale) words = await wordsIn(session.locale);
  document.documentElement.lang = session.locale;

  const notices = createStore<readonly Notice[]>([]);
  let last = 0;
  const notify: Page['notify'] = (tone, text) => {
    last += 1;
    const id = last;
    notices.change((now) => [...now.slice(-2), { id, tone, text }]);
    setTimeout(() => notices.change((now) => now.filter((one) => one.id !== id)), shownMs);
  };
  const tell: Page['tell'] = (it) => {
    if (!it.ok) notify('bad', `${it.refusal.title}. ${it.refusal.detail}`);
    return it.ok;
  };
  // A page in the back/forward cache would hold one of the few connections that a browser allows for one server.
  addEventListener('pagehide', live.listen());
  const page: Page = { api, live, words, session, notices, notify, tell, go };
  render(html`<${App} page=${page} />`, root);
}

/** Loads the session, with retries until there is an answer. Null: the server admits nobody. */
async function sessionOf(api: Api, live: Live, onRefusal: (refusal: Refusal) => void): Promise<Session | null> {
  let session: Session | null = null;
  await untilAnswered(
    () => api.get<Session>('/api/session'),
    live,
    new AbortController().signal,
    (answer) => {
      if (answer.ok) session = answer.body;
      else onRefusal(answer.refusal);
    },
  );
  return session;
}

const root = document.getElementById('page');
// A page from the back/forward cache may belong to a session that has ended.
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return;
  root?.replaceChildren();
  location.reload();
});
if (root) await start(root);
