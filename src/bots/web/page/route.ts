import { createStore } from './store.ts';

/** Where the member is: the address's path. */
export const path = createStore(location.pathname);

export function go(to: string): void {
  if (to !== location.pathname) {
    history.pushState(null, '', to);
    scrollTo({ top: 0, behavior: 'instant' });
  }
  path.change(() => to);
}

addEventListener('popstate', () => path.change(() => location.pathname));

/** Links within the page change its address without loading it anew; whoever wants a new tab gets one. */
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (/^\/(api|media|enter|page)\b/.test(link.pathname) || link.hash !== '') return;
  event.preventDefault();
  go(link.pathname);
});
