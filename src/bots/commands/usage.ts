import type { Text } from '../text.ts';
import type { Command } from './command.ts';
import type { NamedOption } from './option.ts';

/** "complete <prompt> [--style …]": how you write a command. */
export function usageOf(command: Command, text: Text): string {
  const words = command.options
    .filter((option) => option.placement !== 'named')
    .map(({ name, required }) => (required ? `<${name}>` : `[${name}]`));
  const hasNamed = command.options.some((option) => option.placement === 'named');
  return [command.name, ...words, ...(hasNamed ? [`[${text.commands.help.options.toLowerCase()}]`] : [])].join(' ');
}

/** "--style vivid|natural": how you write an option. */
export function optionUsage({ name, placement, kind }: NamedOption): string {
  if (placement !== 'named') return name;
  switch (kind.kind) {
    case 'flag':
      return kind.defaultValue ? `--no-${name}` : `--${name}`;
    case 'number':
      return `--${name} <${kind.unit}>`;
    case 'choice':
      return `--${name} <${name}>`;
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
    case 'model':
      return `--${name} <${kind.kind}>`;
  }
}

/** One sentence about an option: its purpose, its values and its default. */
export function optionHelp(option: NamedOption, text: Text): string {
  const { kind } = option;
  const { usage } = text.commands;
  const described = option.describe(text);
  switch (kind.kind) {
    case 'choice': {
      const defaultValue = kind.defaultValue === null ? '' : `; ${usage.defaultValue(kind.defaultValue)}`;
      return `${described}: ${text.measures.anyOf(kind.choices)}${defaultValue}`;
    }
    case 'number':
      return kind.byModel
        ? `${described}: ${usage.asModelsCan(kind.defaultValue)}`
        : `${described}: ${usage.between(kind.min, kind.max, kind.defaultValue)}`;
    case 'flag':
      return `${described}; ${usage.defaultValue(kind.defaultValue ? usage.on : usage.off)}`;
    case 'text':
    case 'image':
    case 'run':
    case 'cast':
    case 'model':
      return described;
  }
}
