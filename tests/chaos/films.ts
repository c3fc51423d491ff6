import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFilm } from '../support/films.ts';

/** Returns a small film of that many seconds. Each length is made once. */
export function createFilms(directory: string): (seconds: number) => Promise<Buffer> {
  const films = new Map<number, Promise<Buffer>>();
  const make = async (seconds: number): Promise<Buffer> => {
    const picture = `testsrc=size=64x36:rate=10:duration=${seconds}`;
    const path = join(directory, `film-${seconds}.mp4`);
    return await readFile(await makeFilm(path, { picture, sound: `sine=duration=${seconds}` }));
  };
  return async (seconds) => {
    const film = films.get(seconds) ?? make(seconds);
    films.set(seconds, film);
    return await film;
  };
}
