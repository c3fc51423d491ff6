import { existsSync } from 'node:fs';
import type { Card } from '../bots/card.ts';
import type { Command } from '../bots/commands/command.ts';
import { explainedCard } from '../bots/commands/help.ts';
import { chooserOf } from '../bots/commands/modelChoices.ts';
import { text, workspace } from '../bots/terminal/person.ts';
import { workspaceSettings } from '../db/workspaces.ts';
import { configure, withProgram } from './open.ts';

/**
 * Explains a command with the models that this workspace can choose. Catalogues of models are in the database. If there is none yet, or
 * it is away, help still names the models that the configuration itself names.
 */
export async function commandHelp(command: Command): Promise<Card> {
  const config = configure();
  const cards: Card[] = [];
  if (config.databaseUrl !== null || existsSync(config.home)) {
    await withProgram({ worker: false, logLevel: 'silent', config }, async ({ program: { services } }) => {
      cards.push(explainedCard(services, await chooserOf(services, workspace.id), command, text));
      return 0;
    }).catch(() => {});
  }
  const [card] = cards;
  if (card) return card;
  const { openProviders } = await import('../program.ts');
  const deps = {
    providers: await openProviders(config),
    byokPricePercent: config.byokPricePercent,
    priceBook: config.prices.from === 'book' ? config.prices : null,
  };
  const chooser = { brought: new Set<never>(), settings: workspaceSettings.parse({}) };
  return explainedCard(deps, chooser, command, text);
}
