import type { Command } from 'commander';
import { text } from '../bots/terminal/person.ts';
import { tokenScopes } from '../domain.ts';
import type { Json, Then } from './given.ts';

const { describe, options: flags } = text.operator;

/** Refuses anything but a vendor's name without repeating it, because somebody may have put a key there. */
export function describeKeys(program: Command, then: Then): void {
  const keys = program.command('keys').description(describe.keys);
  const add = (name: 'set' | 'check' | 'remove', about: string) =>
    keys
      .command(name)
      .description(about)
      .argument('<vendor>', flags.vendor)
      .argument('[key]')
      .option('--workspace <workspace>', flags.keyWorkspace)
      .option('--json', flags.json)
      .action(async (vendor: string, key: string | undefined, { json, workspace }: Json & { workspace?: string }) =>
        then((await import('./keys.ts'))[name]({ vendor, key, workspace, isJson: json === true })),
      );
  keys
    .command('list')
    .description(describe.keysList)
    .option('--workspace <workspace>', flags.keyWorkspace)
    .option('--json', flags.json)
    .action(async ({ json, workspace }: Json & { workspace?: string }) =>
      then((await import('./keys.ts')).list({ workspace, isJson: json === true })),
    );
  add('set', describe.keysSet);
  add('check', describe.keysCheck);
  add('remove', describe.keysRemove);
  keys
    .command('rotate')
    .description(describe.keysRotate)
    .option('--json', flags.json)
    .action(async ({ json }: Json) => then((await import('./keys.ts')).rotate({ isJson: json === true })));
}

export function describeTokens(program: Command, then: Then): void {
  const tokens = program.command('tokens').description(describe.tokens);
  type Given = Json & { scope: string; label?: string };
  tokens
    .command('create')
    .description(describe.tokensCreate)
    .argument('<workspace>', flags.workspace)
    .option('--scope <scope>', flags.scope(tokenScopes), 'member')
    .option('--label <label>', flags.label)
    .option('--json', flags.json)
    .action(async (workspace: string, { scope, label, json }: Given) =>
      then((await import('./tokens.ts')).create({ workspace, scope, label, isJson: json === true })),
    );
  tokens
    .command('list')
    .description(describe.tokensList)
    .argument('<workspace>', flags.workspace)
    .option('--json', flags.json)
    .action(async (workspace: string, { json }: Json) =>
      then((await import('./tokens.ts')).list({ workspace, isJson: json === true })),
    );
  tokens
    .command('revoke')
    .description(describe.tokensRevoke)
    .argument('<workspace>', flags.workspace)
    .argument('<token>', flags.token)
    .option('--json', flags.json)
    .action(async (workspace: string, token: string, { json }: Json) =>
      then((await import('./tokens.ts')).revoke({ workspace, token, isJson: json === true })),
    );
}
