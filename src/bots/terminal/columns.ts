import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Text in terminal columns: Chinese characters and most emoji take two, combining marks none. */
export const widthOf = (text: string): number => stringWidth(text);

const graphemes = new Intl.Segmenter();

export const split = (text: string): string[] => [...graphemes.segment(text)].map(({ segment }) => segment);

/** Breaks plain text into lines of at most `columns`, between words where it can. */
export const wrap = (text: string, columns: number): string[] =>
  wrapAnsi(text, Math.max(1, columns), { hard: true }).split('\n');

/** Cuts plain text to `columns`, and ends a cut text with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const grapheme of split(text)) {
    const width = widthOf(grapheme);
    if (used + width > columns - 1) break;
    kept += grapheme;
    used += width;
  }
  return columns < 1 ? '' : `${kept}…`;
}

export const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** Rows as lines with aligned columns. The last column has no fixed width. */
export function columnsOf(rows: readonly (readonly string[])[]): string[] {
  const widest = (column: number) => Math.max(...rows.map((row) => widthOf(row[column] ?? '')));
  const widths = (rows[0] ?? []).map((_, column) => widest(column));
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
