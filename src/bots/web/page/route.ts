import { createStore } from './store.ts';

/** The current address. `query` holds its parameters, such as the words of a search. */
export type Address = { path: string; query: URLSearchParams };

const here = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const address = createStore(here());

/** The views with an address of their own, in the order of the navigation. */
export const addressOf = {
  make: '/',
  gallery: '/gallery',
  cast: '/cast',
  credits: '/credits',
  admin: '/admin',
} as const;
export type ViewName = keyof typeof addressOf;
export const viewNames: readonly ViewName[] = ['make', 'gallery', 'cast', 'credits', 'admin'];

/** Returns the id of the run that an address shows, or undefined if it shows none. */
export const runOf = (path: string): string | undefined => /^\/runs\/([0-9a-f-]{36})$/.exec(path)?.[1];

const isOurs = (path: string): boolean =>
  viewNames.some((name) => addressOf[name] === path) || runOf(path) !== undefined;

/** `replace` adds no entry to the browser's history. */
export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  const { pathname, search } = new URL(to, location.href);
  const before = location.pathname;
  if (pathname + search === before + location.search) return;
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  if (pathname !== before) scrollTo({ top: 0, behavior: 'instant' });
  address.change(here);
}

addEventListener('popstate', () => address.change(here));

/** Links within the page change its address without a reload. A click that asks for a new tab opens one. */
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
  // Any other address is the server's.
  if (!isOurs(link.pathname) || link.hash !== '') return;
  event.preventDefault();
  go(link.pathname + link.search);
});
