import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { brand } from './brand.ts';
import { Composer } from './composer.ts';
import { type IconName, icon } from './icons.ts';
import { Later, preload } from './later.ts';
import { Notices } from './notices.ts';
import { type Page, PageContext, usePage } from './page.ts';
import { address, addressOf, runOf, viewNames } from './route.ts';
import { useStore } from './store.ts';
import { ThemeButton } from './themeButton.ts';

export function App({ page }: { page: Page }): VNode {
  return html`<${PageContext.Provider} value=${page}><${Shell} /></${PageContext.Provider}>`;
}

function Shell(): VNode {
  const { words } = usePage();
  const { path: at } = useStore(address);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // Moving the focus to the beginning of the view tells screen reader users that the view changed.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [at]);
  return html`<a class="skip" href="#main" onClick=${(event: Event) => skip(event, main.current)}>${words.skip}</a>
    <div class="head">
      <${TopBar} at=${at} />
      <${Notices} />
    </div>
    <main id="main" tabindex="-1" ref=${main}><${View} key=${at} at=${at} /></main>`;
}

function skip(event: Event, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}

/** The composer leads to this view. So we load it soon, but after the composer. */
const loadRun = async () => (await import('./run.ts')).RunView;

function View({ at }: { at: string }): VNode {
  const { words, session } = usePage();
  const run = runOf(at);
  useEffect(() => {
    const name = viewNames.find((one) => addressOf[one] === at);
    document.title = name && name !== 'make' ? `${words.views[name]} · VidGenie` : 'VidGenie';
  }, [at]);
  if (run !== undefined) return html`<${Later} load=${loadRun} id=${run} />`;
  if (at === addressOf.gallery) return html`<${Later} load=${async () => (await import('./gallery.ts')).Gallery} />`;
  if (at === addressOf.cast) return html`<${Later} load=${async () => (await import('./castView.ts')).Cast} />`;
  if (at === addressOf.credits) return html`<${Later} load=${async () => (await import('./credits.ts')).Credits} />`;
  if (at === addressOf.admin && session.scope !== 'member')
    return html`<${Later} load=${async () => (await import('./admin.ts')).Admin} />`;
  return html`<${Composer} onIdle=${() => preload(loadRun, session.locale)} />`;
}

function TopBar({ at }: { at: string }): VNode {
  const { words, session, live, api, tell } = usePage();
  const account = useStore(live.account);
  const line = useStore(live.line);
  const isAdmin = session.scope !== 'member';
  const shown = viewNames.filter((name) => name !== 'admin' || isAdmin);
  const leave = async () => {
    if (tell(await api.send('DELETE', '/api/session'))) location.assign('/');
  };
  return html`<header class="top">
    <a class="brand" href="/">${brand}</a>
    <nav aria-label=${words.navigation}>
      ${shown.map((name) => {
        const isHere = at === addressOf[name];
        const symbol: IconName = name;
        return html`<a href=${addressOf[name]} aria-current=${isHere ? 'page' : undefined}>${icon(symbol)}${words.views[name]}</a>`;
      })}
    </nav>
    <div class="top-end">
      <p class="line" role="status">${line.isUp || line.isNew ? '' : words.reconnecting}</p>
      <a class="balance" href="/credits">
        <strong>${account ? words.number(account.balance) : ' '}</strong> ${words.creditsLeft(account?.balance ?? 0)}
      </a>
      <${ThemeButton} />
      ${
        session.by === 'session' &&
        html`<button class="icon-button" title=${words.signOut} aria-label=${words.signOut} onClick=${leave}>${icon('out')}</button>`
      }
    </div>
  </header>`;
}
