import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { z } from 'zod';
import type { session } from '../contract/session.ts';
import type { Answer, Api } from './api.ts';
import type { Live } from './live.ts';
import type { Store } from './store.ts';
import type { Words } from './words.ts';

export type Session = z.infer<typeof session>;

export type Notice = { id: number; tone: 'good' | 'bad'; text: string };

/** The parts that every component of the page shares. */
export type Page = {
  api: Api;
  live: Live;
  words: Words;
  session: Session;
  notices: Store<readonly Notice[]>;
  notify: (tone: Notice['tone'], text: string) => void;
  /** Shows why a request was refused. Returns true if the request succeeded. */
  tell: <Body>(answer: Answer<Body>) => answer is { ok: true; body: Body };
  go: (path: string, how?: 'push' | 'replace') => void;
};

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('there is no page around this');
  return page;
}
