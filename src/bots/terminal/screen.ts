/** Draws the lines at the bottom of the terminal: given its size, what stands there now. */
export type Painter = (size: Size) => readonly string[];
export type Size = { columns: number; rows: number };

/** A line under the painted ones in which somebody types. */
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

/** A terminal whose last lines are alive. */
export type Screen = {
  /** Puts lines above the live ones, for good. */
  print: (lines: readonly string[]) => void;
  /** Says what the live lines are from now on; asked again several times a second. */
  draw: (painter: Painter) => void;
  /** Draws at once. */
  refresh: () => void;
  /** Hands the terminal to somebody else for a while, for example to a form. */
  lend: <T>(borrow: () => Promise<T>) => Promise<T>;
  /** Takes the live lines away and gives the terminal back as it was. Safe to call twice. */
  close: () => Promise<void>;
};

export type ScreenOptions = { stdout: NodeJS.WriteStream; input: Input | null };
