import type { Screen, ScreenOptions } from './screen.ts';

/** React and Ink are loaded here and nowhere else: whoever only prints need not wait for them. */
export async function openScreen(options: ScreenOptions): Promise<Screen> {
  // React's development build measures every render and keeps what it measured.
  process.env.NODE_ENV ??= 'production';
  const { openInkScreen } = await import('./inkScreen.ts');
  return openInkScreen(options);
}
