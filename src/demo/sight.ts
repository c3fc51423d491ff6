import sharp from 'sharp';

/** The light of a picture, by its mean brightness and by which of red and blue prevails. */
export type Sight = { brightness: 'dark' | 'even' | 'bright'; warmth: 'warm' | 'neutral' | 'cold' };

/** Looks at a picture. Throws if it cannot be read. */
export async function look(picture: Buffer): Promise<Sight> {
  const small = sharp(picture).resize(32, 32, { fit: 'fill' }).toColourspace('srgb').flatten({ background: '#000000' });
  // Statistics cover the whole input of a pipeline, so the small picture becomes an input of its own.
  const { channels } = await sharp(await small.png().toBuffer()).stats();
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => channel.mean);
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const lean = (red - blue) / Math.max(1, red, blue);
  return {
    brightness: light < 70 ? 'dark' : light > 165 ? 'bright' : 'even',
    warmth: lean > 0.12 ? 'warm' : lean < -0.12 ? 'cold' : 'neutral',
  };
}
