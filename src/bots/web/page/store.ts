import { useLayoutEffect, useState } from 'preact/hooks';

/** A value that changes, and its subscribers. */
export type Store<Value> = {
  get: () => Value;
  change: (by: (now: Value) => Value) => void;
  subscribe: (look: () => void) => () => void;
};

export function createStore<Value>(first: Value): Store<Value> {
  let value = first;
  const looking = new Set<() => void>();
  return {
    get: () => value,
    change: (by) => {
      const next = by(value);
      if (next === value) return;
      value = next;
      for (const look of looking) look();
    },
    subscribe: (look) => {
      looking.add(look);
      return () => looking.delete(look);
    },
  };
}

export function useStore<Value>(store: Store<Value>): Value {
  const [value, setValue] = useState(store.get);
  useLayoutEffect(() => {
    const look = () => setValue(() => store.get());
    look();
    return store.subscribe(look);
  }, [store]);
  return value;
}
