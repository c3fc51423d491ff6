import { createHash } from 'node:crypto';
import type { ProvidedKind } from '../../src/domain.ts';

/** A video at Google. `seconds` is the length of the whole clip, and `sentSeconds` that of the file to download. */
export type Interaction = { id: string; seconds: number; sentSeconds: number; looks: number; isStopped: boolean };

/** The records of the vendors about one command and the runs that go on from it. */
export type Account = {
  /** The number of billed requests, by kind of step. */
  billed: Record<ProvidedKind, number>;
  /** SHA-256 of every result that was ever made. */
  made: Set<string>;
  interactions: Map<string, Interaction>;
  /** The number of images, so that no two are alike. */
  images: number;
};

export type Accounts = {
  of: (tag: string) => Account;
  /** Records a result. Returns it. */
  note: (tag: string, bytes: Buffer) => Buffer;
  /** Records a new video. */
  begin: (tag: string, lengths: Pick<Interaction, 'seconds' | 'sentSeconds'>) => Interaction;
};

export function createAccounts(): Accounts {
  const accounts = new Map<string, Account>();
  const of = (tag: string): Account => {
    const known = accounts.get(tag) ?? {
      billed: { enhance: 0, image: 0, video: 0 },
      made: new Set(),
      interactions: new Map(),
      images: 0,
    };
    accounts.set(tag, known);
    return known;
  };
  return {
    of,
    note: (tag, bytes) => {
      of(tag).made.add(createHash('sha256').update(bytes).digest('hex'));
      return bytes;
    },
    begin: (tag, lengths) => {
      const { interactions } = of(tag);
      // The id contains the tag, so that a request for it shows to which command it belongs.
      const begun = { id: `it-${tag}-${interactions.size + 1}`, ...lengths, looks: 0, isStopped: false };
      interactions.set(begun.id, begun);
      return begun;
    },
  };
}
