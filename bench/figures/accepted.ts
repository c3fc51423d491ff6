import { randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { insertRun } from '../../src/db/insertRun.ts';
import { runId, runOptions, workspaceId } from '../../src/domain.ts';
import { type Figure, median, rateOf, repeated } from '../figure.ts';
import { openSubmitter, submissionIn, submitOne } from '../stage/people.ts';

const atOnce = 50;
const rounds = 3;
const commands = 1_000;

const crowds = [
  { name: '32 workspaces', workspaces: 32 },
  { name: 'one hot workspace', workspaces: 1 },
];

/** Accepted commands: checked, priced, held and made due. Compared with the statement that holds and inserts, sent by itself. */
export const accepted: Figure = {
  name: 'accepted',
  about: 'accepted commands a second, 50 at once',
  measure: async (stage) => {
    const installation = await stage.installation();
    const submitter = await openSubmitter(stage, installation);
    const client = postgres(installation.url, { max: 10, onnotice: () => {} });
    stage.atEnd(() => client.end());
    const rows = [];
    for (const { name, workspaces } of crowds) {
      const nameOf = (index: number) => `${name.replaceAll(' ', '-')}-${index % workspaces}`;
      for (let index = 0; index < workspaces; index += 1) await submitOne(submitter, submissionIn(nameOf(index)));
      const statement = await gatedStatement(client, nameOf(0));
      const bare = (index: number) => statement(nameOf(index));
      const whole = (index: number) => submitOne(submitter, submissionIn(nameOf(index)));
      await rateOf(commands / 4, atOnce, whole);
      await rateOf(commands / 4, atOnce, bare);
      const rates = await repeated(rounds, async () => ({
        whole: await rateOf(commands, atOnce, whole),
        bare: await rateOf(commands, atOnce, bare),
      }));
      const [ours, alone] = [median(rates.map(({ whole }) => whole)), median(rates.map(({ bare }) => bare))];
      rows.push({
        what: `accepted commands, ${name}`,
        value: (ours / alone) * 100,
        unit: '% of the bare statement',
        goal: { atLeast: 60 },
        beside: [
          { what: 'accepted', value: ours, unit: '/s' },
          { what: 'bare statement', value: alone, unit: '/s' },
        ],
      });
    }
    return rows;
  },
};

/** The common part of the steps of every run. */
const plain = {
  scene: null,
  variant: null,
  seconds: null,
  isExtension: false,
  size: '',
  provider: 'bench',
  keySource: 'none',
  expectedMs: 100,
  takenOver: null,
} as const;

/** The program's own statement, as the driver gets it, ready to be sent for new runs without the code around it. */
async function gatedStatement(client: postgres.Sql, workspace: string) {
  const sent: { text: string; values: unknown[] }[] = [];
  const db = drizzle(client, { logger: { logQuery: (text, values) => sent.push({ text, values }) } });
  const [id, requestKey, memberId, home] = [randomUUID(), randomUUID(), randomUUID(), `terminal:${workspace}`];
  await insertRun(db, {
    id: runId.parse(id),
    workspaceId: workspaceId.parse(home),
    requestKey,
    memberId,
    memberName: 'Ada',
    workflow: 'complete',
    prompt: 'a fox in the snow',
    options: runOptions.parse({}),
    conversation: {},
    input: null,
    steps: [
      { ...plain, number: 1, kind: 'enhance', inputs: [], priceCredits: 1, model: 'bench-words' },
      { ...plain, number: 2, kind: 'image', inputs: [1], priceCredits: 5, model: 'bench-image' },
      { ...plain, number: 3, kind: 'video', inputs: [1, 2], priceCredits: 18, model: 'bench-video' },
    ],
  });
  const statement = sent[0];
  if (!statement) throw new Error('the program sent no statement');
  return async (target: string) => {
    const fresh = new Map([
      [id, randomUUID()],
      [requestKey, randomUUID()],
      [memberId, randomUUID()],
      [home, `terminal:${target}`],
    ]);
    const values = statement.values.map((value) => {
      if (value === null) return null;
      return typeof value === 'string' ? (fresh.get(value) ?? value.replace(id, fresh.get(id) ?? '')) : String(value);
    });
    await client.unsafe(statement.text, values, { prepare: true });
  };
}
