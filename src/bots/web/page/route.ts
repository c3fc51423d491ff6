import { createStore } from './store.ts';

/** Where the member is. `query` is what the address asks for, such as the words of a search. */
export type Address = { path: string; query: URLSearchParams };

const here = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });

export const address = createStore(here());

/** The views that have an address of their own, in the order of the navigation. */
export const addressOf = { make: '/', gallery: '/gallery', credits: '/credits', admin: '/admin' } as const;
export type ViewName = keyof typeof addressOf;
export const viewNames: readonly ViewName[] = ['make', 'gallery', 'credits', 'admin'];

/** The run that an address shows; undefined: it shows none. */
export const runOf = (path: string): string | undefined => /^\/runs\/([0-9a-f-]{36})$/.exec(path)?.[1];

const isOurs = (path: string): boolean =>
  viewNames.some((name) => addressOf[name] === path) || runOf(path) !== undefined;

/** `replace` leaves no step of its own for the way back. */
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

/** Links within the page change its address without loading it anew; whoever wants a new tab gets one. */
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
  // Of any other address the server knows what is there.
  if (!isOurs(link.pathname) || link.hash !== '') return;
  event.preventDefault();
  go(link.pathname + link.search);
});
