import { randomUUID } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { orMissing } from './failure.ts';
import { writeDurably } from './record.ts';

/**
 * A note beside the data of a database that moves to another one. As long as it is there, nobody else opens the database, so nothing is
 * written that the copy does not have. Its text is the name of the other database. Until the move is complete, it is
 * `moving <id> to <name>`.
 */
export type MoveNote = {
  /** The new database keeps it until the move is complete, so that a repeated move knows its own rows. */
  id: string;
  /** True if an earlier attempt was interrupted. The new database may have everything already. */
  isResumed: boolean;
  /** False if somebody gave the move up and deleted the note, and once the move is complete. */
  isThere: () => Promise<boolean>;
  /** From now on the database has moved. */
  complete: () => Promise<void>;
  /** Gives the move up: others may open the database again. */
  withdraw: () => Promise<void>;
};

const pathOf = (folder: string): string => join(folder, 'moved');

/** `id` is null if the move is complete. */
type Noted = { id: string | null; to: string };

async function read(folder: string): Promise<Noted | null> {
  const text = await orMissing(readFile(pathOf(folder), 'utf8'));
  if (text === null) return null;
  const [, id = null, to = text] = /^moving (\S+) to (.*)$/s.exec(text) ?? [];
  return { id, to };
}

/** Writes the note, or takes up the one of an interrupted move to the same database. Call it under the lock. */
export async function beginMove(folder: string, to: string): Promise<MoveNote> {
  const path = pathOf(folder);
  const earlier = await read(folder);
  if (earlier && earlier.id === null) throw new Error(sentenceOf(folder, earlier));
  // The other database may have the rows, and a second one with the same rows would make the same runs twice.
  if (earlier && earlier.to !== to)
    throw new Error(
      `an earlier move of the database in ${folder} to ${earlier.to} is not complete, and now DATABASE_URL names ${to}: set it to ${earlier.to} to complete that move; to give it up, empty ${earlier.to}, then delete ${path}`,
    );
  const id = earlier?.id ?? randomUUID();
  await writeDurably(path, `moving ${id} to ${to}`);
  return {
    id,
    isResumed: earlier !== null,
    isThere: async () => (await read(folder))?.id === id,
    complete: () => writeDurably(path, to),
    withdraw: async () => void (await orMissing(unlink(path))),
  };
}

/** Whether the move of a home's database to that other one is complete. */
export async function hasMoved(home: string, to: string): Promise<boolean> {
  const noted = await read(join(resolve(home), 'postgres'));
  return noted !== null && noted.id === null && noted.to === to;
}

/** Refuses a database that has moved, or is being moved. Call it under the lock. */
export async function refuseMoved(folder: string): Promise<void> {
  const noted = await read(folder);
  if (noted) throw new Error(sentenceOf(folder, noted));
}

/**
 * A sentence for the operator if the database of a home is being moved, else null. A process of the new database would find nothing in
 * it, and members would begin anew there.
 */
export async function unfinishedMove(home: string): Promise<string | null> {
  const folder = join(resolve(home), 'postgres');
  const noted = await read(folder);
  return noted === null || noted.id === null ? null : sentenceOf(folder, noted);
}

function sentenceOf(folder: string, { id, to }: Noted): string {
  if (id === null)
    return `the database in ${folder} was moved to ${to}: set DATABASE_URL, or delete ${pathOf(folder)} to go on with the old one`;
  return `the database in ${folder} is being moved to ${to}: wait for "vidgenie move database", and give it again if it was interrupted; to give the move up, end that command, then delete ${pathOf(folder)}`;
}
