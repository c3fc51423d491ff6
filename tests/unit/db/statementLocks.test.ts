import { expect, test } from 'vitest';
import { readMigrations } from '../../../src/db/migrations.ts';
import { blocksOf, effectsOf, headOf } from '../../../src/db/statementLocks.ts';

const migrations = (await readMigrations()).slice(1);

test('no statement of a migration reads or writes all rows under a lock, and none takes away what older processes use', () => {
  const refused = migrations.flatMap((migration) =>
    effectsOf(migration).flatMap((effects, index) =>
      effects
        .filter((effect) => effect.refused !== null)
        .map((effect) => `${migration.tag}: ${headOf(migration.statements[index] ?? '')}: ${effect.refused}`),
    ),
  );
  expect(refused).toEqual([]);
});

test('a file that is carried out online can be repeated from its beginning', () => {
  const unguarded = migrations
    .filter(({ isOnline }) => isOnline)
    .flatMap(({ tag, statements }) => statements.map((statement) => `${tag}: ${headOf(statement)}`))
    .filter((head) =>
      /: (CREATE (UNIQUE )?(TABLE|INDEX|TYPE|FUNCTION|TRIGGER)|ALTER TYPE .* ADD VALUE|ALTER TABLE \w+ ADD) /.test(
        head,
      ),
    )
    .filter((head) => !/ IF NOT EXISTS /.test(head));
  expect(unguarded).toEqual([]);
});

test('migrations come in the order in which they were made, so that the newest one of a database stands for all before it', () => {
  const made = migrations.map(({ madeAt }) => madeAt);
  expect(made).toEqual([...made].sort((a, b) => a - b));
});

const online = (...statements: string[]) => effectsOf({ statements, isOnline: true }).flat();

test.for([
  ['an index that blocks writers', 'CREATE INDEX "i" ON "runs" USING btree ("parent_id")'],
  [
    'a column whose default differs in each row',
    'ALTER TABLE "runs" ADD COLUMN "token" uuid DEFAULT gen_random_uuid() NOT NULL',
  ],
  ['a numbered column', 'ALTER TABLE "runs" ADD COLUMN "place" bigserial'],
  [
    'a computed column',
    'ALTER TABLE "runs" ADD COLUMN "size" integer GENERATED ALWAYS AS (char_length(prompt)) STORED',
  ],
  ['a column that is checked', 'ALTER TABLE "runs" ADD COLUMN "n" integer CHECK (n > 0)'],
  ['NOT NULL without a check before', 'ALTER TABLE "steps" ALTER COLUMN "seconds" SET NOT NULL'],
  ['another type of a column', 'ALTER TABLE "runs" ALTER COLUMN "prompt" SET DATA TYPE varchar(9)'],
  ['a check of all rows', 'ALTER TABLE "runs" ADD CONSTRAINT "c" CHECK ("price_credits" >= 0)'],
  [
    'a foreign key that is checked',
    'ALTER TABLE "assets" ADD CONSTRAINT "f" FOREIGN KEY ("run_id") REFERENCES "runs"("id")',
  ],
  ['a constraint that builds its index', 'ALTER TABLE "assets" ADD CONSTRAINT "u" UNIQUE("object_key")'],
  ['a primary key that builds its index', 'ALTER TABLE "assets" ADD PRIMARY KEY ("object_key")'],
  ['all rows in one transaction', "UPDATE steps SET size = ''"],
  ['all rows in a block without COMMIT', "DO $$ BEGIN UPDATE steps SET size = ''; END $$"],
  [
    'batches that wait for rows of others',
    "DO $$ BEGIN LOOP UPDATE steps SET size = '' WHERE run_id IN (SELECT id FROM runs LIMIT 9); COMMIT; END LOOP; END $$",
  ],
  ['a column that older processes write', 'ALTER TABLE "runs" DROP COLUMN "unreached"'],
  ['a new name of a column', 'ALTER TABLE "runs" RENAME COLUMN "unreached" TO "lost"'],
  ['a table that older processes read', 'DROP TABLE "proposals"'],
  ['a function that older processes call', 'DROP FUNCTION member_runs_unsettled(text, text)'],
  ['a form that nobody has thought about', 'CLUSTER runs USING runs_by_workspace'],
  [
    'the same in a block',
    'DO $$ BEGIN IF true THEN ALTER TABLE runs ADD CONSTRAINT c CHECK (price_credits >= 0); END IF; END $$',
  ],
  [
    'rows that are read while a block holds a lock',
    'DO $$ BEGIN LOCK TABLE runs IN SHARE MODE; PERFORM count(*) FROM runs; END $$',
  ],
])('a migration may not have %s', ([, statement = '']) => {
  expect(online(statement).filter(({ refused }) => refused !== null)).toHaveLength(1);
});

test('a short transaction may neither read nor write all rows, even if each statement alone would block nobody', () => {
  const statements = ['ALTER TABLE "runs" ADD COLUMN "n" integer', 'ALTER TABLE "runs" VALIDATE CONSTRAINT "c"'];
  expect(
    effectsOf({ statements, isOnline: false })
      .flat()
      .map(({ refused }) => refused !== null),
  ).toEqual([false, true]);
});

test('what blocks others takes a moment: columns with constant defaults, checks that look later, indexes that were built before', () => {
  const effects = online(
    'ALTER TABLE "runs" ADD COLUMN IF NOT EXISTS "a" jsonb DEFAULT \'{"x": [1, 2]}\'::jsonb NOT NULL, ADD COLUMN "b" timestamp with time zone DEFAULT now()',
    'ALTER TABLE "runs" ADD CONSTRAINT "has_b" CHECK ("b" IS NOT NULL) NOT VALID',
    'ALTER TABLE "runs" VALIDATE CONSTRAINT "has_b"',
    'ALTER TABLE "runs" ALTER COLUMN "b" SET NOT NULL',
    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "i" ON "runs" ("a")',
    'ALTER TABLE "runs" ADD CONSTRAINT "i" UNIQUE USING INDEX "i"',
    'CREATE TABLE "fresh" ("id" uuid PRIMARY KEY, "run_id" uuid REFERENCES "public"."runs"("id"))',
    'CREATE INDEX "f" ON "fresh" ("run_id")',
    'INSERT INTO fresh SELECT id, id FROM runs',
  );
  expect(effects.map(({ refused }) => refused).filter((one) => one !== null)).toEqual([]);
  expect(effects.filter((effect) => blocksOf(effect) !== 'nobody').map(({ cost }) => cost)).not.toContain('reads rows');
  expect(effects.filter(({ cost }) => cost !== 'moment').map(({ does }) => does)).toEqual(['check', 'index']);
});

test('a block that holds a lock may read the newest id, and fills a new table with nothing else', () => {
  const block = (what: string) => [
    'CREATE TABLE IF NOT EXISTS "fresh" ("id" bigint)',
    `DO $$ BEGIN LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE; INSERT INTO fresh SELECT ${what} FROM runs; END $$`,
  ];
  const refused = (what: string) => online(...block(what)).flatMap((effect) => effect.refused ?? []);
  expect(refused('coalesce(max(id), 0)')).toEqual([]);
  expect(refused('id')).toEqual(['it reads rows of runs under a lock on runs']);
  expect(online(...block('max(id)')).map(({ does, lock }) => [does, lock])).toContainEqual([
    'lock',
    'SHARE ROW EXCLUSIVE',
  ]);
});
