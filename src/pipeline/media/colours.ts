/** The colours that a file names. Many videos name none. */
type Colours = { matrix?: string | null };

const matrices: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  'bt2020-ncl': 'bt2020',
};

/**
 * The matrix that turns the pictures of a video into red, green and blue, as FFmpeg's `scale` filter names it. If the file does
 * not name it, players choose it by the height of the picture. FFmpeg always chooses BT.601, which changes the colours of HD.
 */
export function colourMatrix({ matrix }: Colours, height: number): string {
  if (typeof matrix === 'string') return matrices[matrix] ?? 'auto';
  return height >= 720 ? 'bt709' : 'bt601';
}
