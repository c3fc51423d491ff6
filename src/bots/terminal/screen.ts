/** Draws the lines at the bottom of the terminal: returns the current lines for its size. */
export type Painter = (size: Size) => readonly string[];
export type Size = { columns: number; rows: number };

/** A line under the painted ones, in which somebody types. */
export type Input = {
  line: (size: Size) => { text: string; cursorAt: number };
  onKey: (typed: string, key: Key) => void;
  onPaste: (pasted: string) => void;
};

type KeyName =
  | 'upArrow'
  | 'downArrow'
  | 'leftArrow'
  | 'rightArrow'
  | 'home'
  | 'end'
  | 'return'
  | 'backspace'
  | 'delete'
  | 'tab'
  | 'escape'
  | 'ctrl'
  | 'meta';
export type Key = Readonly<Record<KeyName, boolean>>;

/** A terminal whose last lines we redraw. */
export type Screen = {
  /** Writes lines above the live ones, for good. */
  print: (lines: readonly string[]) => void;
  /** Sets the painter of the live lines. The screen calls it several times a second. */
  draw: (painter: Painter) => void;
  /** Draws at once. */
  refresh: () => void;
  /** Lends the terminal to other code for a while, for example to a form. */
  lend: <T>(borrow: () => Promise<T>) => Promise<T>;
  /** Removes the live lines and restores the terminal. Safe to call twice. */
  close: () => Promise<void>;
};

export type ScreenOptions = { stdout: NodeJS.WriteStream; input: Input | null };
