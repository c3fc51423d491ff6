import { isAbsolute, relative } from 'node:path';
import type { Text } from '../text.ts';
import type { Canvas } from './paint.ts';

/** The abilities of one output stream. */
export type Surface = {
  /** The current width: people resize their terminals. */
  readonly columns: number;
  hasColour: boolean;
  /** True if we can draw over lines: a terminal that supports it, and not a build log. */
  isLive: boolean;
};

/** A line for a file or a pipe is as long as it needs to be. */
const unbounded = 10_000;
const narrowest = 20;

export function surfaceOf(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Surface {
  const isDumb = environment.TERM === 'dumb';
  return {
    get columns() {
      return stream.isTTY ? Math.max(narrowest, stream.columns || 80) : unbounded;
    },
    // Node's own answer respects NO_COLOR, FORCE_COLOR and the terminal's name.
    hasColour: stream.isTTY && !isDumb && stream.hasColors(),
    isLive: stream.isTTY && !isDumb && !environment.CI,
  };
}

export const canvasOf = (
  surface: Pick<Surface, 'columns' | 'hasColour'>,
  text: Text,
  links: ReadonlyMap<string, string> = new Map(),
): Canvas => ({
  columns: surface.columns,
  hasColour: surface.hasColour,
  text,
  linkOf: (objectKey) => {
    const path = links.get(objectKey);
    return path === undefined ? null : shortest(path);
  },
});

/** People read a path from their working directory. An address stays as it is. */
function shortest(path: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || near.length >= path.length ? path : near;
}
