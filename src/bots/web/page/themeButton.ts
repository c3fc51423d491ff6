import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { icon } from './icons.ts';
import { usePage } from './page.ts';

const themes = ['both', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const icons = { both: 'both', light: 'sun', dark: 'moon' } as const;

/** Switches between light, dark and the system's theme. */
export function ThemeButton(): VNode {
  const { words } = usePage();
  const said = document.documentElement.dataset.theme;
  const [theme, setTheme] = useState<Theme>(said === 'light' || said === 'dark' ? said : 'both');
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'both';
  const choose = () => {
    setTheme(next);
    if (next === 'both') {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem('theme');
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem('theme', next);
    }
  };
  const label = words.theme(words.themes[theme]);
  return html`<button class="icon-button" title=${label} aria-label=${label} onClick=${choose}>${icon(icons[theme])}</button>`;
}
