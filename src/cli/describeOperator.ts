import type { Command } from 'commander';
import { text } from '../bots/terminal/person.ts';
import type { Json, Sure, Then } from './given.ts';
import type { AuditAsked } from './operator/audit.ts';

const { options: flags } = text.operator;

export function describeOperator(program: Command, credits: Command, then: Then): void {
  const { describe: about, options } = text.operations;
  const inherited = (given: Json): Json => (given.json || credits.opts<Json>().json ? { json: true } : {});
  const runs = program.command('runs').description(about.runs);
  runs
    .command('list')
    .description(about.runsList)
    .option('--workspace <workspace>', options.ofWorkspace)
    .option('--state <state>', options.state)
    .option('--limit <number>', options.limit)
    .option('--stuck', options.stuck)
    .option('--json', flags.json)
    .action(async (given: Json & { workspace?: string; state?: string; limit?: string; stuck?: true }) =>
      then((await import('./operator/runs.ts')).list(given)),
    );
  runs
    .command('show')
    .description(about.runsShow)
    .argument('<run>', options.run)
    .option('--json', flags.json)
    .action(async (run: string, given: Json) => then((await import('./operator/runs.ts')).show(run, given)));
  for (const [name, description] of [
    ['retry', about.runsRetry],
    ['fail', about.runsFail],
  ] as const) {
    runs
      .command(name)
      .description(description)
      .argument('<run>', options.run)
      .option('--yes', options.yes)
      .option('--json', flags.json)
      .action(async (run: string, given: Sure) => then((await import('./operator/runs.ts'))[name](run, given)));
  }
  credits
    .command('adjust')
    .description(about.adjust)
    .argument('<workspace>', flags.workspace)
    .argument('<amount>', flags.amount)
    .option('--key <key>', flags.key)
    .option('--note <note>', flags.note)
    .option('--yes', options.yes)
    .option('--json', flags.json)
    .action(async (workspace: string, amount: string, given: Sure & { key?: string; note?: string }) =>
      then((await import('./operator/credits.ts')).adjust(workspace, amount, { ...given, ...inherited(given) })),
    );
  credits
    .command('export')
    .description(about.export)
    .option('--workspace <workspace>', options.ofWorkspace)
    .action(async (given: { workspace?: string }) => then((await import('./operator/credits.ts')).exportLedger(given)));
  const workspaces = program.command('workspaces').description(about.workspaces);
  workspaces
    .command('list')
    .description(about.workspacesList)
    .option('--json', flags.json)
    .action(async (given: Json) => then((await import('./operator/workspaces.ts')).list(given)));
  workspaces
    .command('purge')
    .description(about.workspacesPurge)
    .argument('<workspace>', flags.workspace)
    .option('--yes', options.yes)
    .option('--json', flags.json)
    .action(async (workspace: string, given: Sure) =>
      then((await import('./operator/workspaces.ts')).purge(workspace, given)),
    );
}

export function describeAudit(program: Command, then: Then): void {
  const { describe: about, options } = text.audit;
  program
    .command('audit')
    .description(about)
    .argument('[workspace]', options.workspace)
    .option('--since <time>', options.since)
    .option('--actor <actor>', options.actor)
    .option('--action <action>', options.action)
    .option('--limit <number>', options.limit)
    .option('--before <number>', options.before)
    .option('--json', flags.json)
    .option('--csv', options.csv)
    .action(async (workspace: string | undefined, given: AuditAsked) =>
      then((await import('./operator/audit.ts')).audit(workspace, given)),
    );
}
