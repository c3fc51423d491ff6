import { Box, render, Static, Text, useApp, useCursor, useInput, usePaste } from 'ink';
import { createElement, type ReactNode } from 'react';
import type { Input, Painter, Screen, ScreenOptions, Size } from './screen.ts';

const drawEveryMs = 120;

type Printed = { key: number; text: string };
type Lend = Screen['lend'];

/** Ink gives an empty line no row. */
const row = (text: string) => (text === '' ? ' ' : text);

const printedLine = ({ key, text }: Printed) => createElement(Text, { key }, row(text));

function Frame(props: {
  printed: Printed[];
  lines: readonly string[];
  input: Input | null;
  size: Size;
  onLend: (lend: Lend) => void;
}): ReactNode {
  const { printed, lines, input, size, onLend } = props;
  const above = lines.length;
  const history = { key: 'printed', items: printed, children: printedLine };
  return createElement(
    Box,
    { flexDirection: 'column' },
    createElement(Static<Printed>, history),
    ...lines.map((line, key) => createElement(Text, { key, wrap: 'truncate' }, row(line))),
    input && createElement(TypedLine, { key: 'typed', input, size, above, onLend }),
  );
}

function TypedLine(props: { input: Input; size: Size; above: number; onLend: (lend: Lend) => void }): ReactNode {
  const { input, size, above, onLend } = props;
  const { suspendTerminal } = useApp();
  onLend(async (borrow) => {
    await using _suspension = await suspendTerminal();
    return await borrow();
  });
  useInput(input.onKey);
  usePaste(input.onPaste);
  const { text, cursorAt } = input.line(size);
  useCursor().setCursorPosition({ x: cursorAt, y: above });
  return createElement(Text, { wrap: 'truncate' }, row(text));
}

/**
 * A screen drawn by Ink. Everything that we draw arrives as painted lines. Ink keeps them apart from the lines that were
 * printed for good.
 */
export function openInkScreen({ stdout, input }: ScreenOptions): Screen {
  let printed: Printed[] = [];
  let painter: Painter = () => [];
  let lend: Lend = (borrow) => borrow();
  let isLent = false;
  let closing: Promise<void> | null = null;

  function frame(): ReactNode {
    // A frame as tall as the window would make Ink clear the window, and with it the lines that the reader scrolled back to.
    const rows = Math.max(1, (stdout.rows || 24) - (input ? 3 : 2));
    const size = { columns: Math.max(20, stdout.columns || 80), rows };
    const lines = closing ? [] : painter(size).slice(-rows);
    const onLend = (next: Lend) => {
      lend = next;
    };
    return createElement(Frame, { printed, lines, input: closing ? null : input, size, onLend });
  }

  const instance = render(frame(), { stdout, exitOnCtrlC: false, interactive: true, patchConsole: false });
  const refresh = () => {
    if (!isLent && !closing) instance.rerender(frame());
  };
  const ticker = setInterval(refresh, drawEveryMs);

  async function close(): Promise<void> {
    clearInterval(ticker);
    instance.rerender(frame());
    await instance.waitUntilRenderFlush();
    instance.unmount();
    await instance.waitUntilExit();
  }

  return {
    print: (lines) => {
      printed = [...printed, ...lines.map((text, at) => ({ key: printed.length + at, text }))];
      refresh();
    },
    draw: (next) => {
      painter = next;
      refresh();
    },
    refresh,
    lend: async (borrow) => {
      isLent = true;
      try {
        return await lend(borrow);
      } finally {
        isLent = false;
        refresh();
      }
    },
    close: () => {
      closing ??= Promise.resolve().then(close);
      return closing;
    },
  };
}
