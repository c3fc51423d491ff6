import { styled } from '../bots/terminal/paint.ts';
import { text } from '../bots/terminal/person.ts';
import { openDatabase } from '../db/client.ts';
import { measuredRows, planUpgrade, type UpgradePlan } from '../db/upgradePlan.ts';
import { hasEmbedded, openOwn } from './doctor/environment.ts';
import { exitStatus } from './exit.ts';
import { migrate } from './migrate.ts';
import { configure, openingError } from './open.ts';
import { print, printJson, stdoutSurface } from './output.ts';

const words = text.upgrade;

/** The oldest PostgreSQL that VidGenie works with, and the first one that ends long transactions, as `server_version_num`. */
const versions = { oldest: 150_000, endsTransactions: 170_000 };

/** `vidgenie upgrade`: migrates, or tells with `--check` what there is to migrate. Exit status 1: something is in the way. */
export async function upgrade({ isCheck, isJson }: { isCheck: boolean; isJson: boolean }): Promise<number> {
  if (!isCheck) return await migrate({ isJson });
  const plan = await planOfConfigured();
  const isFine = plan === null || problemsOf(plan).length === 0;
  if (isJson) printJson(plan === null ? { fine: true, migrations: [] } : { fine: isFine, ...plan });
  else print(...(plan === null ? [text.operator.doctor.noDatabaseYet] : linesOf(plan)));
  return isFine ? exitStatus.done : exitStatus.failed;
}

/** Null before the first start of an installation that brings its own database. */
async function planOfConfigured(): Promise<UpgradePlan | null> {
  const config = configure();
  const closers: (() => Promise<void>)[] = [];
  try {
    if (config.databaseUrl === null && !(await hasEmbedded(config.home))) return null;
    const url = config.databaseDirectUrl ?? config.databaseUrl ?? (await openOwn(config.home, closers));
    const database = openDatabase(url, { connections: 1, applicationName: 'vidgenie upgrade' });
    closers.push(database.close);
    return await planUpgrade(database.db);
  } catch (error) {
    throw openingError(error, config);
  } finally {
    for (const closer of closers.reverse()) await closer();
  }
}

function problemsOf({ serverNumber, serverVersion, isNewer, inTheWay, migrations }: UpgradePlan): string[] {
  return [
    ...(serverNumber < versions.oldest ? [words.oldServer(serverVersion)] : []),
    ...(isNewer ? [words.newer] : []),
    ...(migrations.length === 0 ? [] : inTheWay.map((one) => `${words.inTheWay(one)} ${words.endIt(one)}`)),
  ];
}

function linesOf(plan: UpgradePlan): string[] {
  const surface = stdoutSurface();
  const { index, check, fill } = measuredRows;
  const problems = problemsOf(plan).map((line) => styled(surface, 'red', `✗ ${line}`));
  const isOlder = plan.serverNumber >= versions.oldest && plan.serverNumber < versions.endsTransactions;
  const hints = isOlder ? [styled(surface, 'yellow', `! ${words.olderServer(plan.serverVersion)}`)] : [];
  if (plan.migrations.length === 0) return [...(plan.isNewer ? [] : [words.none]), ...hints, ...problems];
  return [
    words.pending(plan.migrations.length),
    ...plan.migrations.flatMap(({ tag, isOnline, statements }) => [
      '',
      styled(surface, 'bold', words.migration(tag, isOnline)),
      ...effectLines(statements.flatMap(({ effects }) => effects.map(words.effect))),
    ]),
    '',
    words.total(plan.seconds, plan.bytes),
    words.locks,
    words.beside(plan.connections),
    words.rates(index, check, fill),
    ...hints,
    ...problems,
  ];
}

/** Equal lines that follow each other are shown once. */
const effectLines = (lines: readonly string[]): string[] =>
  lines.filter((line, index) => line !== lines[index - 1]).map((line) => `  ${line}`);
