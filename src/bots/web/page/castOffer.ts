import { html } from 'htm/preact';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { castList } from '../contract/cast.ts';
import { useAnswer } from './answers.ts';

const maxOffered = 6;

/** An @ before the caret and the part of a name that follows it. A letter or a digit before the @ makes it an address. */
const mark = /(?<![\p{L}\p{N}_.])@([\p{L}\p{M}\p{N}_-]*)$/u;

type Offered = {
  id: string;
  /** The words before the caret and after it. */
  before: string;
  after: string;
  /** Set to a function that says whether a key was for the list. */
  keys: RefObject<((event: KeyboardEvent) => boolean) | null>;
  /** Takes the words before the caret and after it, with the name that was chosen. */
  onChoose: (before: string, after: string) => void;
  onClose: () => void;
  /** Tells which option is active, by its id. Undefined: there is no list. */
  onActive: (option: string | undefined) => void;
};

/** Offers the names of the cast that begin like the one that somebody types. */
export function CastOffer({ id, before, after, keys, onChoose, onClose, onActive }: Offered): VNode | null {
  const { body } = useAnswer<z.infer<typeof castList>>('/api/cast');
  const [at, setAt] = useState(0);
  const wanted = mark.exec(before)?.[1]?.normalize('NFC').toLowerCase();
  const found = (wanted === undefined ? [] : (body?.cast ?? []))
    .filter(({ name }) => name.startsWith(wanted ?? ''))
    .slice(0, maxOffered);
  const chosen = found[at];
  const active = chosen && `${id}-${at}`;
  useEffect(() => setAt(0), [wanted]);
  useLayoutEffect(() => {
    onActive(active);
    return () => onActive(undefined);
  }, [active]);
  const choose = (name: string) => onChoose(before.replace(mark, `@${name} `), after.replace(/^ /, ''));
  keys.current = (event) => {
    if (!chosen || event.isComposing) return false;
    switch (event.key) {
      case 'ArrowDown':
        setAt((at + 1) % found.length);
        return true;
      case 'ArrowUp':
        setAt((at + found.length - 1) % found.length);
        return true;
      case 'Enter':
      case 'Tab':
        if (event.ctrlKey || event.metaKey || event.shiftKey) return false;
        choose(chosen.name);
        return true;
      case 'Escape':
        onClose();
        return true;
      default:
        return false;
    }
  };
  if (found.length === 0) return null;
  const press = (event: Event, name: string) => {
    // The field keeps the focus.
    event.preventDefault();
    choose(name);
  };
  return html`<div class="cast-place">
    <p aria-hidden="true">${before}</p>
    <ul class="cast-offer" id=${id} role="listbox" aria-label="@">
      ${found.map(
        (
          { name, images: [image] },
          index,
        ) => html`<li key=${name} id="${id}-${index}" role="option" aria-selected=${index === at} onMouseDown=${(event: Event) => press(event, name)}>
          ${image && html`<img src=${image.thumbnailUrl} alt="" width="28" height="28" />`}<span>@${name}</span>
        </li>`,
      )}
    </ul>
  </div>`;
}
