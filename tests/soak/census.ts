import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Session } from 'node:inspector/promises';
import { types } from 'node:util';

export type Census = {
  /** How many objects of each kind are alive. */
  kept: Record<string, number>;
  /** How many entries the collections of each kind have gained since the last census. New collections are not in it. */
  gained: Record<string, number>;
};

/**
 * Counts the objects of this process, wherever they are. V8 collects garbage first, gives us what is left, and stops the process for
 * that. The size of the heap would tell less: it contains compiled code.
 */
export function createCensus(): () => Promise<Census> {
  let sizes = new WeakMap<object, number>();
  return async () => {
    const [kept, gained] = [new Map<string, number>(), new Map<string, number>()];
    const add = (counts: Map<string, number>, what: string, count: number) =>
      counts.set(what, (counts.get(what) ?? 0) + count);
    const sizesBefore = sizes;
    sizes = new WeakMap();
    await everyObject((object) => {
      const kind = kindOf(object);
      add(kept, kind, 1);
      const entries = entriesOf(object);
      if (!entries) return;
      sizes.set(object, entries.length);
      const before = sizesBefore.get(object);
      if (before !== undefined && entries.length > before) {
        add(gained, `${kind} of ${kindOf(entries.at(-1))}`, entries.length - before);
      }
    });
    return { kept: Object.fromEntries(kept), gained: Object.fromEntries(gained) };
  };
}

const channel = 'vidgenie:census';

/** The inspector lives outside of our code, so what it finds has to be published by a function that it calls. */
async function everyObject(visit: (object: object) => void): Promise<void> {
  const session = new Session();
  const receive = (objects: unknown) => {
    if (!Array.isArray(objects)) throw new Error('the inspector found no objects');
    for (const object of objects) if (!types.isProxy(object)) visit(object);
  };
  session.connect();
  subscribe(channel, receive);
  try {
    const { result } = await session.post('Runtime.evaluate', { expression: 'Object.prototype' });
    const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' });
    const { exceptionDetails } = await session.post('Runtime.callFunctionOn', {
      objectId: objects.objectId ?? '',
      functionDeclaration: `function () {
        process.getBuiltinModule('node:diagnostics_channel').channel('${channel}').publish(this);
      }`,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
  } finally {
    unsubscribe(channel, receive);
    session.disconnect();
  }
}

/** Properties are read without calling any getter. */
const propertyOf = (object: object, name: string): unknown => Object.getOwnPropertyDescriptor(object, name)?.value;

/** The name of a class, the beginning of a function, or the names of an object's properties. */
function kindOf(value: unknown): string {
  if (typeof value === 'function') return `function ${propertyOf(value, 'name')} ${String(value).slice(0, 80)}`;
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Ids among the names are no kinds of their own.
  if (prototype === Object.prototype) {
    return `{${Object.keys(value)
      .slice(0, 12)
      .map((name) => name.replace(/.*\d.*/, '#'))
      .join(', ')}}`;
  }
  const type = typeof prototype === 'object' && prototype !== null ? propertyOf(prototype, 'constructor') : null;
  return typeof type === 'function' ? String(propertyOf(type, 'name')) : 'object';
}

function entriesOf(object: object): unknown[] | null {
  if (Array.isArray(object)) return object;
  if (types.isMap(object)) return [...Map.prototype.values.call(object)];
  if (types.isSet(object)) return [...Set.prototype.values.call(object)];
  return null;
}
