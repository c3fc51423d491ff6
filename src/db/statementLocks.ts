/**
 * What the statements of a migration do to tables that are in use: which locks they take, and whether they hold one while they
 * read or write every row. It knows the forms that our migrations have. It refuses any other, so that whoever writes one decides.
 */

const locks = [
  'none',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
type Lock = (typeof locks)[number];

const isLock = (text: string | undefined): text is Lock => locks.some((one) => one === text);

export type Effect = {
  does:
    | 'table'
    | 'columns'
    | 'constraint'
    | 'check'
    | 'index'
    | 'dropIndex'
    | 'fill'
    | 'trigger'
    | 'lock'
    | 'definition'
    | 'settings';
  /** Null if it concerns no table. */
  table: string | null;
  /** The name of the index or constraint. */
  name: string | null;
  lock: Lock;
  /** `moment`: it takes the same time however many rows there are. */
  cost: 'moment' | 'reads rows' | 'writes rows';
  /** Why such a statement may not be part of a migration. */
  refused: string | null;
};

export const blocksOf = ({ lock }: Pick<Effect, 'lock'>): 'nobody' | 'writers' | 'everybody' => {
  if (lock === 'ACCESS EXCLUSIVE') return 'everybody';
  return lock === 'SHARE' || lock === 'SHARE ROW EXCLUSIVE' ? 'writers' : 'nobody';
};

/** A statement without its comments, in one line and without quotes around names. */
const plainOf = (statement: string): string =>
  statement
    .replace(/--[^\n]*/g, '')
    .replace(/"(?:public"\.")?(\w+)"/g, '$1')
    .replace(/\bpublic\.(\w)/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();

/** The beginning of a statement, for a log line. */
export const headOf = (statement: string): string => {
  const plain = plainOf(statement).replace(/^DO \$\$.*?\b(UPDATE \w+|ALTER TABLE \w+).*$/, 'DO … $1');
  return plain.length <= 90 ? plain : `${plain.slice(0, 89)}…`;
};

/** The effects of each statement of one file. */
export function effectsOf({ statements, isOnline }: { statements: readonly string[]; isOnline: boolean }): Effect[][] {
  const known: Known = { fresh: new Set(), unchecked: new Map(), checked: new Set() };
  return statements.map((statement) =>
    effectsOfPlain(plainOf(statement), known).map((effect) => {
      if (effect.refused !== null || effect.cost === 'moment') return effect;
      if (effect.table !== null && known.fresh.has(effect.table))
        return { ...effect, cost: 'moment' as const, lock: 'none' as const };
      if (blocksOf(effect) !== 'nobody')
        return { ...effect, refused: `it ${effect.cost} under a lock on ${effect.table}` };
      return isOnline
        ? effect
        : { ...effect, refused: `it ${effect.cost} in a transaction: the file needs "-- online"` };
    }),
  );
}

/** Tables and checks that earlier statements of the same file have made. */
type Known = {
  /** Tables that nobody uses yet. */
  fresh: Set<string>;
  /** By the name of a check that a column is not null: the table and the column. */
  unchecked: Map<string, string>;
  /** The same after its validation. */
  checked: Set<string>;
};

const effect = (over: Partial<Effect> & Pick<Effect, 'does'>): Effect => ({
  table: null,
  name: null,
  lock: 'none',
  cost: 'moment',
  refused: null,
  ...over,
});

const definition =
  /^(CREATE (OR REPLACE )?(FUNCTION|PROCEDURE|VIEW|SCHEMA|SEQUENCE|TYPE|EXTENSION|STATISTICS)|ALTER (TYPE|FUNCTION|INDEX)|COMMENT ON|GRANT) /;
/** Processes of the version before go on for a while. */
const breaking = /^(DROP (TABLE|FUNCTION|TYPE|VIEW|SEQUENCE|SCHEMA) |TRUNCATE )/;

function effectsOfPlain(plain: string, known: Known): Effect[] {
  const statement = plain.replace(/;$/, '').trim();
  const [, doBody] = /^DO (?:LANGUAGE \w+ )?\$\w*\$(.*)\$\w*\$$/.exec(statement) ?? [];
  if (doBody !== undefined) return effectsOfBlock(doBody, known);
  const [, dropped] = /^DROP TABLE (?:IF EXISTS )?(\w+)$/.exec(statement) ?? [];
  // A table that only this migration uses.
  if (dropped !== undefined && known.fresh.has(dropped)) return [effect({ does: 'table', table: dropped })];
  if (breaking.test(statement))
    return [effect({ does: 'definition', refused: 'processes of the version before may use it' })];
  if (definition.test(statement)) return [effect({ does: 'definition' })];
  const [, created] = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+)/.exec(statement) ?? [];
  if (created !== undefined) return newTable(statement, created, known);
  const index = /^CREATE (?:UNIQUE )?INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?(\w+) ON (?:ONLY )?(\w+)/.exec(statement);
  if (index) {
    const [, concurrently, name = null, table = null] = index;
    return [
      effect({
        does: 'index',
        table,
        name,
        lock: concurrently ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE',
        cost: 'reads rows',
      }),
    ];
  }
  const droppedIndex = /^DROP INDEX (CONCURRENTLY )?(?:IF EXISTS )?(\w+)/.exec(statement);
  if (droppedIndex) {
    const [, concurrently, name = null] = droppedIndex;
    return [effect({ does: 'dropIndex', name, lock: concurrently ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE' })];
  }
  const [, made, triggered] =
    /^(CREATE|DROP) (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER .*? ON (\w+)/.exec(statement) ?? [];
  if (triggered !== undefined) {
    const lock = made === 'DROP' ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE';
    return [effect({ does: 'trigger', table: triggered, lock })];
  }
  const altered = /^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\w+) (.*)$/.exec(statement);
  if (altered) {
    const [, table = '', actions = ''] = altered;
    return partsOf(actions).map((action) => effectOfAction(table, action, known));
  }
  const [, lockedTable = null, lock] = /^LOCK TABLE (\w+) IN ([A-Z ]+) MODE$/.exec(statement) ?? [];
  if (isLock(lock)) return [effect({ does: 'lock', table: lockedTable, lock })];
  return [effectOfRows(statement, known)];
}

/** Foreign keys lock the tables that they lead to. */
function newTable(statement: string, table: string, known: Known): Effect[] {
  known.fresh.add(table);
  const referenced = new Set([...statement.matchAll(/ REFERENCES (\w+)/g)].map(([, name = '']) => name));
  const others = [...referenced].filter((name) => name !== table);
  return [
    effect({ does: 'table', table }),
    ...others.map((name) => effect({ does: 'constraint', table: name, lock: 'SHARE ROW EXCLUSIVE' })),
  ];
}

function effectsOfBlock(body: string, known: Known): Effect[] {
  const written = [...body.matchAll(/\b(?:UPDATE|INSERT INTO|DELETE FROM) (\w+)/g)].map(([, name = '']) => name);
  const [table = null] = written;
  if (written.every((name) => known.fresh.has(name))) {
    const inner = [...body.matchAll(/\b(?:ALTER|CREATE|DROP|LOCK) [^;]*;/g)].flatMap(([one]) =>
      effectsOfPlain(one, known),
    );
    const refused = readUnderLock(body, inner);
    const filled = table === null && refused === null ? [] : [effect({ does: 'fill', table, refused })];
    return inner.length + filled.length > 0
      ? [...inner, ...filled]
      : [effect({ does: 'definition', refused: 'its form is not known' })];
  }
  const isFair = /\bCOMMIT;/.test(body) && /\bSKIP LOCKED\b|\bON CONFLICT\b/.test(body);
  const refused = isFair
    ? null
    : `it writes ${table} without COMMIT between batches, or waits for rows of others (SKIP LOCKED)`;
  return [effect({ does: 'fill', table, lock: 'ROW EXCLUSIVE', cost: 'writes rows', refused })];
}

/** The locks of a block last until its end. The newest id is read from its index. Anything else may read every row. */
function readUnderLock(body: string, inner: readonly Effect[]): string | null {
  const held = inner.find(({ does }) => does === 'lock');
  const read = [...body.matchAll(/\b(?:SELECT|PERFORM)\b([^;]*?)\bFROM (\w+)/g)].find(
    ([, what = '', from = '']) => !from.startsWith('pg_') && !/\bmax\(id\)/.test(what),
  );
  return held && read ? `it reads rows of ${read[2]} under a lock on ${held.table}` : null;
}

function effectOfRows(statement: string, known: Known): Effect {
  const [, word, table = null] = /^(UPDATE|DELETE FROM|INSERT INTO) (\w+)/.exec(statement) ?? [];
  if (word === undefined) return effect({ does: 'definition', refused: 'its form is not known' });
  const isSmall = (table !== null && known.fresh.has(table)) || /^INSERT INTO \w+ (\([^)]*\) )?VALUES/.test(statement);
  const holds =
    word === 'INSERT INTO' || isSmall ? null : `it holds the rows of ${table} until all are written: write batches`;
  return effect({
    does: 'fill',
    table,
    lock: 'ROW EXCLUSIVE',
    cost: isSmall ? 'moment' : 'writes rows',
    refused: holds,
  });
}

function effectOfAction(table: string, action: string, known: Known): Effect {
  const of = (over: Partial<Effect> & Pick<Effect, 'does'>) => effect({ table, lock: 'ACCESS EXCLUSIVE', ...over });
  const column = /^ADD (?:COLUMN )?(?:IF NOT EXISTS )?(?!CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN)\w+ (.*)$/.exec(
    action,
  );
  if (column) return of({ does: 'columns', cost: costOfColumn(column[1] ?? '') });
  if (/^DROP CONSTRAINT /.test(action)) return of({ does: 'constraint' });
  if (/^ADD CONSTRAINT /.test(action)) return effectOfConstraint(table, action, known);
  const [, validated] = /^VALIDATE CONSTRAINT (\w+)/.exec(action) ?? [];
  if (validated !== undefined) {
    known.checked.add(known.unchecked.get(validated) ?? '');
    return of({ does: 'check', name: validated, lock: 'SHARE UPDATE EXCLUSIVE', cost: 'reads rows' });
  }
  const [, notNull] = /^ALTER (?:COLUMN )?(\w+) SET NOT NULL$/.exec(action) ?? [];
  if (notNull !== undefined) {
    return of({ does: 'columns', cost: known.checked.has(`${table}.${notNull}`) ? 'moment' : 'reads rows' });
  }
  if (/^ALTER (COLUMN )?\w+ (SET (DEFAULT|STATISTICS|STORAGE)|DROP (DEFAULT|NOT NULL))/.test(action))
    return of({ does: 'columns' });
  if (/^ALTER (COLUMN )?\w+ (SET DATA )?TYPE /.test(action)) return of({ does: 'columns', cost: 'writes rows' });
  if (/^(SET|RESET) \(/.test(action)) return of({ does: 'settings', lock: 'SHARE UPDATE EXCLUSIVE' });
  if (/^(ENABLE|DISABLE) /.test(action)) return of({ does: 'trigger', lock: 'SHARE ROW EXCLUSIVE' });
  const isBreaking = /^(DROP|RENAME) /.test(action);
  return of({
    does: 'columns',
    refused: isBreaking ? 'processes of the version before may use it' : 'its form is not known',
  });
}

function effectOfConstraint(table: string, action: string, known: Known): Effect {
  const [, name = '', rest = ''] = /^ADD CONSTRAINT (\w+) (.*)$/.exec(action) ?? [];
  const lock: Lock = rest.startsWith('FOREIGN KEY') ? 'SHARE ROW EXCLUSIVE' : 'ACCESS EXCLUSIVE';
  const [, column] = /^CHECK \(+(?:\w+\.)?(\w+) IS NOT NULL\)+ NOT VALID$/.exec(rest) ?? [];
  if (column !== undefined) known.unchecked.set(name, `${table}.${column}`);
  const isMoment = /\bNOT VALID$/.test(rest) || / USING INDEX \w+$/.test(rest);
  return effect({ does: 'constraint', table, name, lock, cost: isMoment ? 'moment' : 'reads rows' });
}

/** A constant default is kept in the catalogue. Any other value is written into every row. */
function costOfColumn(rest: string): Effect['cost'] {
  const [, value = ''] = /\bDEFAULT (.*)$/.exec(rest) ?? [];
  const isComputed = /\w\(/.test(value.replace(/\bnow\(\)/g, '')) || /\bGENERATED\b|^(small|big)?serial\b/i.test(rest);
  if (isComputed) return 'writes rows';
  return /\b(UNIQUE|PRIMARY KEY|REFERENCES|CHECK)\b/.test(rest) ? 'reads rows' : 'moment';
}

/** The parts between the commas that stand outside of brackets and quotes. */
function partsOf(list: string): string[] {
  const parts = [''];
  let depth = 0;
  let isQuoted = false;
  for (const letter of list) {
    if (letter === "'") isQuoted = !isQuoted;
    if (!isQuoted && '(['.includes(letter)) depth += 1;
    if (!isQuoted && ')]'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0 && !isQuoted) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}
