/** Items that arrive over time. A test asks for one that has arrived or is still to come. */
export type Inbox<T> = {
  add: (item: T) => void;
  all: () => readonly T[];
  /** The first item that matches, past or future. Rejects if none came in time, and then lists those that did. */
  first: (fits: (item: T) => boolean, what: string) => Promise<T>;
};

/** Far longer than any item takes. It ends a test that would hang. Milliseconds. */
const patienceMs = 30_000;

export function createInbox<T>(describe: (item: T) => string): Inbox<T> {
  const items: T[] = [];
  const looking = new Set<() => void>();
  return {
    add: (item) => {
      items.push(item);
      for (const look of looking) look();
    },
    all: () => items,
    first: (fits, what) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          looking.delete(look);
          reject(new Error(`${what} did not come; there was\n${items.map(describe).join('\n')}`));
        }, patienceMs);
        const look = () => {
          const found = items.find(fits);
          if (found === undefined) return;
          looking.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        looking.add(look);
        look();
      }),
  };
}
