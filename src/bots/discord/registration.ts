import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type RESTPostAPIContextMenuApplicationCommandsJSONBody,
  type RESTPutAPIApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import type { Command } from '../commands/command.ts';
import { isByModel } from '../commands/offered.ts';
import type { NamedOption } from '../commands/option.ts';
import { locales, type Text, textOf } from '../text.ts';
import { clip } from './markdown.ts';

const maxDescription = 100;

const contexts = [InteractionContextType.Guild, InteractionContextType.BotDM];
const integration_types = [ApplicationIntegrationType.GuildInstall];

/** Builds the commands that we register with Discord from their declarations. Names are the same in every language. */
export function registrationOf(commands: readonly Command[]): RESTPutAPIApplicationCommandsJSONBody {
  const { animateCommand, editCommand } = textOf('en').discord;
  return [
    {
      type: ApplicationCommandType.ChatInput,
      name: 'vidgenie',
      ...described((text) => text.discord.description),
      contexts,
      integration_types,
      options: commands.map(subcommand),
    },
    ...[animateCommand, editCommand].map(
      (name): RESTPostAPIContextMenuApplicationCommandsJSONBody => ({
        type: ApplicationCommandType.Message,
        name,
        contexts,
        integration_types,
      }),
    ),
  ];
}

const subcommand = ({ name, describe, options }: Command): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  name,
  ...described(describe),
  // Discord requires the required options first.
  options: [...options].sort((a, b) => Number(b.required) - Number(a.required)).map(option),
});

function option(declared: NamedOption): APIApplicationCommandBasicOption {
  const { name, describe, required, kind } = declared;
  const common = { name, ...described(describe), required };
  // The abilities of a server's models are looked up while a member types.
  const autocomplete = isByModel(declared);
  switch (kind.kind) {
    case 'text': {
      const lengths = { min_length: required ? 1 : 0, max_length: kind.maxLength };
      return { ...common, type: ApplicationCommandOptionType.String, ...lengths, autocomplete: true };
    }
    case 'run':
    case 'cast':
    case 'model':
      return { ...common, type: ApplicationCommandOptionType.String, autocomplete: true };
    case 'choice': {
      if (autocomplete) return { ...common, type: ApplicationCommandOptionType.String, autocomplete };
      const choices = kind.choices.map((choice) => ({ name: choice, value: choice }));
      return { ...common, type: ApplicationCommandOptionType.String, choices };
    }
    case 'number':
      return autocomplete
        ? { ...common, type: ApplicationCommandOptionType.Integer, autocomplete }
        : { ...common, type: ApplicationCommandOptionType.Integer, min_value: kind.min, max_value: kind.max };
    case 'flag':
      return { ...common, type: ApplicationCommandOptionType.Boolean };
    case 'image':
      // Discord checks only the name. We check the bytes when they arrive.
      return { ...common, type: ApplicationCommandOptionType.Attachment, file_types: ['image'] };
  }
}

function described(describe: (text: Text) => string) {
  const others = locales.filter((locale) => locale !== 'en');
  return {
    description: clip(describe(textOf('en')), maxDescription),
    description_localizations: Object.fromEntries(
      others.map((locale) => [locale, clip(describe(textOf(locale)), maxDescription)]),
    ),
  };
}
