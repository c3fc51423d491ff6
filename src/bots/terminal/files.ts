import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const maxShown = 100;

/** Folders, and the images in them, whose path begins with the typed text. The suggestions keep the spelling of that text. */
export function imagesBeginning(begun: string): string[] {
  const folder = begun.endsWith('/') || begun === '' ? begun : `${dirname(begun)}/`;
  const name = begun.endsWith('/') || begun === '' ? '' : basename(begun);
  const prefix = folder === './' && !begun.startsWith('./') ? '' : folder;
  try {
    return readdirSync(folder === '' ? '.' : folder.replace(/^~(?=\/)/, homedir()), { withFileTypes: true })
      .filter((entry) => entry.name.startsWith(name) && (name.startsWith('.') || !entry.name.startsWith('.')))
      .filter((entry) => entry.isDirectory() || /\.(png|jpe?g|webp)$/i.test(entry.name))
      .filter((entry) => !/\s/.test(entry.name))
      .slice(0, maxShown)
      .map((entry) => (entry.isDirectory() ? `${prefix}${entry.name}/` : join(prefix, entry.name)))
      .map((path) => (begun.startsWith('./') && !path.startsWith('.') ? `./${path}` : path));
  } catch {
    // We suggest nothing from a folder that does not exist or may not be read.
    return [];
  }
}
