import type { Screen, ScreenOptions } from './screen.ts';

/** We load React and Ink only here, so that a command that only prints does not wait for them. */
export async function openScreen(options: ScreenOptions): Promise<Screen> {
  // React's development build measures every render and keeps the measurements.
  process.env.NODE_ENV ??= 'production';
  const { openInkScreen } = await import('./inkScreen.ts');
  return openInkScreen(options);
}
