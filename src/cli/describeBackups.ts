import type { Command } from 'commander';
import { text } from '../bots/terminal/person.ts';

type Then = (work: Promise<number>) => Promise<void>;

/** The commands that save an installation, bring it back, and move it. */
export function describeBackups(program: Command, then: Then): void {
  const { backups: words } = text.operations;
  const { json } = text.operator.options;
  program
    .command('backup')
    .description(words.describe.backup)
    .argument('<target>', words.options.target)
    .option('--media', words.options.media)
    .option('--no-media', words.options.noMedia)
    .option('--keyring <file>', words.options.keyringTo)
    .option('--passphrase-file <file>', words.options.passphrase)
    .option('--json', json)
    .action(
      async (target: string, given: { media?: boolean; keyring?: string; passphraseFile?: string; json?: true }) =>
        then((await import('./backup/take.ts')).backup(target, given)),
    );
  program
    .command('restore')
    .description(words.describe.restore)
    .argument('<backup>', words.options.backup)
    .option('--rehearse', words.options.rehearse)
    .option('--keyring <file>', words.options.keyringFrom)
    .option('--without-keyring', words.options.withoutKeyring)
    .option('--passphrase-file <file>', words.options.passphraseOf)
    .option('--json', json)
    .action(
      async (
        backup: string,
        given: { rehearse?: true; keyring?: string; withoutKeyring?: true; passphraseFile?: string; json?: true },
      ) => then((await import('./backup/restore.ts')).restore(backup, given)),
    );
  const move = program.command('move').description(words.describe.move);
  move
    .command('database')
    .description(words.describe.moveDatabase)
    .option('--json', json)
    .action(async (given: { json?: true }) => then((await import('./backup/move.ts')).moveDatabase(given)));
  move
    .command('media')
    .description(words.describe.moveMedia)
    .option('--json', json)
    .action(async (given: { json?: true }) => then((await import('./backup/move.ts')).moveMedia(given)));
}
