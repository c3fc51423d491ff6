import stringWidth from 'string-width';

/** Draws lines of a terminal, with the colours that our painter uses, as an SVG. */
export function drawTerminal(lines: readonly string[], columns: number): string {
  const height = (lines.length + 1) * cell.height + margin * 2 + bar;
  const width = columns * cell.width + margin * 2;
  const rows = lines.map((line, row) => drawLine(line, margin + bar + (row + 1) * cell.height));
  const lights = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, at) => `<circle cx="${margin + 6 + at * 20}" cy="${margin + 2}" r="6" fill="${fill}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    '<title>The thread of a run in the terminal</title>',
    `<rect width="100%" height="100%" rx="10" fill="#0d1117"/>`,
    ...lights,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${ink}" xml:space="preserve">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

const cell = { width: 8.43, height: 20 };
const margin = 18;
const bar = 16;
const ink = '#c9d1d9';

const colours: Readonly<Record<number, string>> = { 31: '#ff7b72', 32: '#3fb950', 33: '#d29922', 36: '#39c5cf' };

type Style = { colour: string; isBold: boolean; isDim: boolean };
const plain: Style = { colour: ink, isBold: false, isDim: false };

function drawLine(line: string, y: number): string {
  let style = plain;
  let column = 0;
  let drawn = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them.
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    if (part.startsWith('\u001b')) {
      style = part.slice(2, -1).split(';').map(Number).reduce(restyled, style);
      continue;
    }
    const width = stringWidth(part);
    if (part.trim() !== '')
      drawn += drawText(part, style, { x: margin + column * cell.width, y, width: width * cell.width });
    column += width;
  }
  return drawn;
}

function restyled(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: ink };
  return { ...style, colour: colours[code] ?? style.colour };
}

/** Every piece is as wide as its cells, whatever font the reader has. */
function drawText(words: string, style: Style, at: { x: number; y: number; width: number }): string {
  const weight = style.isBold ? ' font-weight="bold"' : '';
  const dim = style.isDim ? ' opacity="0.6"' : '';
  const size = `textLength="${at.width.toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  const text = words.replace(/[&<>]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[mark] ?? mark);
  return `<text x="${at.x.toFixed(1)}" y="${at.y}" fill="${style.colour}"${weight}${dim} ${size}>${text.replaceAll(' ', '\u00a0')}</text>`;
}
