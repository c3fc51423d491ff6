import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { typedActions, typedName } from '../bots/terminal/actionNames.ts';
import { text } from '../bots/terminal/person.ts';
import { type CastKind, castKinds, maxCastImages, workflows } from '../domain.ts';
import { describeBackups } from './describeBackups.ts';
import { describeKeys, describeTokens } from './describeKeys.ts';
import { describeAudit, describeOperator } from './describeOperator.ts';
import { exitStatus } from './exit.ts';
import { explain } from './explain.ts';
import type { Json, Sure, Then } from './given.ts';
import { flushed, ignoreClosedPipes, printError } from './output.ts';

const { describe, options: flags } = text.operator;

/** Reads the command line, carries it out, and ends the process with its exit status. Each command loads only what it needs. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  ignoreClosedPipes();
  let status: number = exitStatus.done;
  const then = async (work: Promise<number>) => {
    status = await work;
  };
  try {
    await describeProgram(then).parseAsync([...args], { from: 'user' });
  } catch (error) {
    // Commander has already printed the error. A request for help is no error.
    if (error instanceof CommanderError) status = error.exitCode === 0 ? exitStatus.done : exitStatus.misused;
    else {
      const { lines, status: failed } = explain(error, process.env);
      printError(...lines);
      status = failed;
    }
  }
  await flushed();
  process.exit(status);
}

export function describeProgram(then: Then): Command {
  const program = new Command('vidgenie')
    .description(describe.program)
    .version(packageJson.version, '--version', describe.version)
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError(text.operator.seeHelp);
  program
    .command('start')
    .description(describe.start)
    .action(async () => then((await import('./start.ts')).start()));
  describeRuns(program, then);
  describeActions(program, then);
  describeOperator(program, describeShows(program, then), then);
  describeAudit(program, then);
  describeCast(program, then);
  describeKeys(program, then);
  describeTokens(program, then);
  describeOperations(program, then);
  describeBackups(program, then);
  return program;
}

/** The parser that chats use also reads the options of a run, so Commander passes them through unchanged. */
function describeRuns(program: Command, then: Then): void {
  program
    .command('demo')
    .description(describe.demo)
    .argument('[prompt...]', text.commands.options.prompt)
    .option('--json', flags.jsonEvents)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[], { json }: Json) => then((await import('./demo.ts')).runDemo(words, json === true)));
  program
    .command('run')
    .description(describe.run(workflows))
    .argument('<workflow>', workflows.join(', '))
    .argument('[words...]', text.commands.options.prompt)
    .option('--json', flags.jsonEvents)
    .passThroughOptions()
    .action(async (workflow: string, words: string[], { json }: Json) =>
      then((await import('./runs.ts')).runWorkflow(workflow, words, json === true)),
    );
}

/** The actions on a result, where chats have buttons. */
function describeActions(program: Command, then: Then): void {
  for (const action of typedActions) {
    const described = program
      .command(typedName(action))
      .helpGroup(describe.actions)
      .description(text.terminal.actions.describe[action])
      .argument('[words...]', describe.actionWords)
      .option('--json', flags.jsonEvents)
      .allowUnknownOption()
      .passThroughOptions();
    if (action === 'delete') described.option('--yes', text.terminal.actions.yes);
    described.action(async (words: string[], { json, yes }: Sure) => {
      const isJson = json === true;
      if (action === 'show' || action === 'delete') {
        const given = yes === true ? ['--yes', ...words] : words;
        return await then((await import('./show.ts')).showTyped(action, given, isJson));
      }
      const command = (await import('../bots/terminal/typedActions.ts')).typedCommand(action);
      await then((await import('./runs.ts')).runCommand(command, words, isJson));
    });
  }
}

function describeShows(program: Command, then: Then): Command {
  program
    .command('status')
    .description(describe.status)
    .argument('[run]', text.commands.options.run)
    .option('--json', flags.json)
    .action(async (run: string | undefined, { json }: Json) =>
      then((await import('./show.ts')).showStatus(run, { isJson: json === true })),
    );
  program
    .command('cancel')
    .description(describe.cancel)
    .argument('[run]', text.commands.options.run)
    .option('--yes', text.commands.options.yes)
    .option('--json', flags.json)
    .action(async (run: string | undefined, { json, yes }: Sure) =>
      then((await import('./show.ts')).cancelRun(run, { isJson: json === true, isYes: yes === true })),
    );
  program
    .command('history')
    .description(describe.history)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./show.ts')).showHistory({ isJson: json === true })));
  const credits = program
    .command('credits')
    .description(describe.credits)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./show.ts')).showCredits({ isJson: json === true })));
  credits
    .command('grant')
    .description(describe.grant)
    .argument('<workspace>', flags.workspace)
    .argument('<amount>', flags.amount)
    .option('--key <key>', flags.key)
    .option('--note <note>', flags.note)
    .option('--json', flags.json)
    .action(async (workspace: string, amount: string, given: Json & { key?: string; note?: string }) =>
      then(
        (await import('./grant.ts')).grant({
          workspace,
          amount,
          key: given.key,
          note: given.note,
          isJson: given.json === true || credits.opts<Json>().json === true,
        }),
      ),
    );
  return credits;
}

function describeCast(program: Command, then: Then): void {
  const cast = program.command('cast').description(text.commands.describe.cast);
  const { imageFile } = flags;
  type Given = { image: string[]; description: string; kind: CastKind; mayUse?: true };
  cast
    .command('add')
    .description(describe.castAdd)
    .argument('<name>', text.commands.options.castName)
    .requiredOption('--image <file...>', imageFile(maxCastImages))
    .option('--description <words>', text.cast.form.descriptionHint, '')
    .addOption(new Option('--kind <kind>', text.cast.form.kind).choices(castKinds).default('character'))
    .requiredOption('--may-use', text.cast.form.mayUse)
    .action(async (name: string, { image: images, mayUse, description, kind }: Given) =>
      then((await import('./cast.ts')).add({ name, images, description, kind, mayUse: mayUse === true })),
    );
  cast
    .command('list')
    .description(describe.castList)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./cast.ts')).list(json === true)));
  cast
    .command('show')
    .description(describe.castShow)
    .argument('<name>', text.commands.options.castName)
    .action(async (name: string) => then((await import('./cast.ts')).show(name)));
  cast
    .command('remove')
    .description(describe.castRemove)
    .argument('<name>', text.commands.options.castName)
    .action(async (name: string) => then((await import('./cast.ts')).remove(name)));
}

function describeOperations(program: Command, then: Then): void {
  const discord = program.command('discord').description(describe.discord);
  discord
    .command('register')
    .description(describe.discordRegister)
    .action(async () => then((await import('./discord.ts')).registerCommands()));
  discord
    .command('invite')
    .description(describe.discordInvite)
    .action(async () => then((await import('./discord.ts')).printInvite()));
  program
    .command('slack')
    .description(describe.slack)
    .command('manifest')
    .description(describe.slackManifest)
    .option('--url <address>', flags.slackUrl)
    .action(async ({ url }: { url?: string }) => then((await import('./slack.ts')).printManifest(url)));
  program
    .command('migrate')
    .description(describe.migrate)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./migrate.ts')).migrate({ isJson: json === true })));
  program
    .command('upgrade')
    .description(text.upgrade.describe)
    .option('--check', text.upgrade.check)
    .option('--json', flags.json)
    .action(async ({ check, json }: Json & { check?: true }) =>
      then((await import('./upgrade.ts')).upgrade({ isCheck: check === true, isJson: json === true })),
    );
  program
    .command('prices')
    .description(describe.prices)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./prices.ts')).prices({ isJson: json === true })));
  program
    .command('doctor')
    .description(describe.doctor)
    .option('--full', flags.full)
    .option('--json', flags.json)
    .action(async ({ full, json }: Json & { full?: true }) =>
      then((await import('./doctor.ts')).doctor({ isJson: json === true, isFull: full === true })),
    );
}
