import { type Known, suggest } from '../commands/suggest.ts';
import { commonBeginning, edits, emptyLine, insert, type Line, lineOf, textOfLine } from './lineEditor.ts';
import type { Key } from './screen.ts';

/** The typed text so far, the lines typed before, and the possible continuations. */
export type Typing = {
  line: () => Line;
  candidates: () => readonly string[];
  /** Notes about some of the candidates. */
  notes: () => ReadonlyMap<string, string>;
  /** Applies a key. The caller carries out `enter` and `leave`. */
  key: (typed: string, key: Key) => 'enter' | 'leave' | null;
  paste: (pasted: string) => void;
  /** Returns the entered line and remembers it. */
  take: () => string;
};

const remembered = 200;

const noKey: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  home: false,
  end: false,
  return: false,
  backspace: false,
  delete: false,
  tab: false,
  escape: false,
  ctrl: false,
  meta: false,
};

/** A busy terminal, or a script, delivers several keys at once, and Ink passes them on as one. */
export function singleKeys(typed: string, key: Key): { typed: string; key: Key }[] {
  if (typed.length < 2 || !/\p{Cc}/u.test(typed)) return [{ typed, key }];
  return (typed.match(/\r\n|\p{Cc}|\P{Cc}+/gu) ?? []).map((part) => {
    if (/^[\r\n]/.test(part)) return { typed: '', key: { ...noKey, return: true } };
    if (part === '\t') return { typed: '', key: { ...noKey, tab: true } };
    if (part === '\u007f' || part === '\b') return { typed: '', key: { ...noKey, backspace: true } };
    const letter = String.fromCharCode(part.charCodeAt(0) + 96);
    return /^[a-z]$/.test(letter) ? { typed: letter, key: { ...noKey, ctrl: true } } : { typed: part, key: noKey };
  });
}

/** A line editor with the usual keys of shells: arrows, Home, End, Tab, Ctrl-A E U K W, Ctrl-C, Ctrl-D. */
export function createTyping(known: () => Known): Typing {
  let line = emptyLine;
  let candidates: readonly string[] = [];
  let notes: ReadonlyMap<string, string> = new Map();
  let history: string[] = [];
  let at = 0;
  let draft = '';

  const recall = (step: number) => {
    const next = Math.min(history.length, Math.max(0, at + step));
    if (next === at) return;
    if (at === history.length) draft = textOfLine(line);
    at = next;
    line = lineOf(history[at] ?? draft);
  };

  const completeWord = () => {
    const { from, candidates: found, notes: said = new Map() } = suggest(line.before, known());
    const begun = line.before.slice(from);
    const common = commonBeginning(found);
    const [only, second] = found;
    if (only !== undefined && second === undefined) {
      // You can type on after a folder or a half-written option. After a whole word comes the next word.
      const goesOn = only.endsWith('/') || only.endsWith('=');
      line = { before: `${line.before.slice(0, from)}${only}${goesOn ? '' : ' '}`, after: line.after };
      return;
    }
    if (common.length > begun.length) line = { before: line.before.slice(0, from) + common, after: line.after };
    candidates = found;
    notes = said;
  };

  const controls: Readonly<Record<string, (line: Line) => Line>> = {
    a: edits.home,
    e: edits.end,
    b: edits.left,
    f: edits.right,
    u: edits.killToStart,
    k: edits.killToEnd,
    w: edits.killWord,
    d: edits.delete,
    h: edits.backspace,
  };

  const editOf = (key: Key): ((line: Line) => Line) | null => {
    if (key.leftArrow) return key.ctrl || key.meta ? edits.wordLeft : edits.left;
    if (key.rightArrow) return key.ctrl || key.meta ? edits.wordRight : edits.right;
    if (key.home) return edits.home;
    if (key.end) return edits.end;
    if (key.backspace) return key.meta ? edits.killWord : edits.backspace;
    return key.delete ? edits.delete : null;
  };

  return {
    line: () => line,
    candidates: () => candidates,
    notes: () => notes,
    paste: (pasted) => {
      candidates = [];
      line = insert(line, pasted);
    },
    key: (typed, key) => {
      candidates = [];
      const edit = editOf(key);
      if (key.return) return 'enter';
      if (edit) line = edit(line);
      else if (key.tab) completeWord();
      else if (key.upArrow) recall(-1);
      else if (key.downArrow) recall(1);
      else if (key.ctrl) {
        if (typed === 'c' || (typed === 'd' && textOfLine(line) === '')) return 'leave';
        const control = Object.hasOwn(controls, typed) ? controls[typed] : undefined;
        if (control) line = control(line);
      } else if (!key.escape && !key.meta) line = insert(line, typed);
      return null;
    },
    take: () => {
      const entered = textOfLine(line);
      if (entered.trim() !== '' && history.at(-1) !== entered) history = [...history, entered].slice(-remembered);
      at = history.length;
      [line, draft, candidates] = [emptyLine, '', []];
      return entered;
    },
  };
}
