import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIComponentInContainer,
  type APIComponentInMessageActionRow,
  type APIContainerComponent,
  type APITextDisplayComponent,
  ButtonStyle,
  ComponentType,
  MessageFlags,
} from 'discord-api-types/v10';
import type { Block, Button, Card, StepLine, Tone } from '../card.ts';
import type { Text } from '../text.ts';
import { buttonId, menuId } from './customId.ts';
import { clip, verbatim } from './markdown.ts';

const colours: Record<Tone, number> = {
  plain: 0x5865f2,
  working: 0x3b82f6,
  good: 0x22c55e,
  warning: 0xf59e0b,
  bad: 0xef4444,
};

/** Discord allows 4,000 characters for all texts of a message together. The rest is for what is added to a card. */
const maxText = 3_600;
const maxQuote = 1_000;
const maxButton = 80;
const buttonsInARow = 5;
const maxOptions = 25;
const maxOption = 100;
const maxPlaceholder = 150;

/** The parts of a message that are added to a card. */
export type Shown = {
  /** Names of files in the same message, in the order in which they are shown. `isSpoiler`: hidden until a member clicks it. */
  pictures?: readonly { name: string; label: string; isSpoiler?: boolean }[];
  /** The address of a picture that Discord already stores. */
  pictureUrl?: string;
  /** Our own lines, in Discord's markup. */
  lines?: readonly string[];
  /** The member to mention. Discord notifies them once, when the message is posted. */
  mentions?: string | null;
  /** Buttons that belong to no run. */
  buttons?: readonly { id: string; label: string }[];
  /** Buttons that open the pages of a form. */
  forms?: readonly { id: string; label: string }[];
};

/** A message of components. Discord shows nothing else in it, and notifies only the members named here. */
export type MessageBody = {
  flags: number;
  components: (APIContainerComponent | APITextDisplayComponent)[];
  allowed_mentions: { parse: []; users?: string[] };
};

export function messageOf(card: Card, text: Text, shown: Shown = {}, flags = 0): MessageBody {
  const container: APIContainerComponent = {
    type: ComponentType.Container,
    accent_color: colours[card.tone],
    components: [...textsOf(card, text, shown.lines ?? []), ...gallery(shown), ...rows(card.buttons, shown, text)],
  };
  const { mentions = null } = shown;
  const called = mentions === null ? [] : [{ type: ComponentType.TextDisplay, content: `<@${mentions}>` } as const];
  return {
    flags: MessageFlags.IsComponentsV2 | flags,
    components: [...called, container],
    allowed_mentions: { parse: [], ...(mentions === null ? {} : { users: [mentions] }) },
  };
}

function textsOf(card: Card, text: Text, lines: readonly string[]): APIComponentInContainer[] {
  const said = [`### ${verbatim(card.title)}`, ...card.blocks.map((block) => blockText(block, text)), ...lines];
  let left = maxText;
  return said.flatMap((words): APIComponentInContainer[] => {
    const content = clip(words.trim(), left);
    if (content === '' || left <= 1) return [];
    left -= content.length;
    return [{ type: ComponentType.TextDisplay, content }];
  });
}

function blockText(block: Block, text: Text): string {
  switch (block.kind) {
    case 'text':
      return verbatim(block.text);
    case 'link':
      return `[${verbatim(block.label)}](<${block.url}>)`;
    case 'code':
      return `\`${block.characters}\``;
    case 'quotes':
      return block.quotes.map((quote) => `**${verbatim(quote.label)}**\n${quoted(quote.text)}`).join('\n');
    case 'fields':
      return block.fields.map((field) => `**${verbatim(field.label)}** · ${verbatim(field.value)}`).join('\n');
    case 'channels':
      return `**${verbatim(block.label)}** · ${block.channelIds.map((id) => `<#${id}>`).join(', ')}`;
    case 'progress':
      return block.steps.map(stepText).join('\n');
    case 'entries': {
      const heading = block.heading === '' ? [] : [`**${verbatim(block.heading)}**`];
      const entries = block.entries.map(({ at, label, text: words, aside }) => {
        const moment = at ? `<t:${Math.floor(at.getTime() / 1000)}:R> ` : '';
        return `${moment}\`${label.replaceAll('`', '')}\` ${verbatim(text.measures.few(words))} · ${verbatim(aside)}`;
      });
      return [...heading, ...entries].join('\n');
    }
  }
}

const quoted = (words: string) =>
  clip(verbatim(words), maxQuote)
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');

const marks: Record<StepLine['state'], string> = { waiting: '○', working: '◐', done: '✓', failed: '✗', skipped: '–' };

function stepText({ state, label, percent, note }: StepLine): string {
  const full = Math.round(percent / 10);
  const bar = state === 'working' ? ` ${'▰'.repeat(full)}${'▱'.repeat(10 - full)}` : '';
  return `${marks[state]} **${verbatim(label)}**${bar} ${verbatim(note)}`;
}

function gallery({ pictures = [], pictureUrl }: Shown): APIComponentInContainer[] {
  const items = [
    ...pictures.map(({ name, label, isSpoiler = false }) => ({
      media: { url: `attachment://${name}` },
      description: label,
      ...(isSpoiler ? { spoiler: true } : {}),
    })),
    ...(pictureUrl === undefined ? [] : [{ media: { url: pictureUrl } }]),
  ];
  return items.length === 0 ? [] : [{ type: ComponentType.MediaGallery, items }];
}

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/** First the choices, then the other buttons, then the menu. */
function rows(buttons: readonly Button[], { buttons: others = [], forms = [] }: Shown, text: Text): Row[] {
  const own = (button: Button) => buttonOf(buttonId(button), button.label, button.style);
  const placed = (place: Button['place']) => buttons.filter((button) => button.place === place);
  return [
    ...inRows(placed('choice').map(own)),
    ...inRows([
      ...placed(undefined).map(own),
      ...others.map(({ id, label }) => buttonOf(id, label)),
      ...forms.map(({ id, label }) => buttonOf(id, `${label} …`)),
    ]),
    ...menu(placed('menu'), text),
  ];
}

const buttonOf = (id: string, label: string, style: Button['style'] = 'plain'): APIButtonComponentWithCustomId => ({
  type: ComponentType.Button,
  style: style === 'danger' ? ButtonStyle.Danger : ButtonStyle.Secondary,
  label: clip(label, maxButton),
  custom_id: id,
});

function inRows(buttons: readonly APIButtonComponentWithCustomId[]): Row[] {
  const count = Math.ceil(buttons.length / buttonsInARow);
  return Array.from({ length: count }, (_, index) => ({
    type: ComponentType.ActionRow,
    components: buttons.slice(index * buttonsInARow, (index + 1) * buttonsInARow),
  }));
}

/** A menu whose options do what buttons do. Discord takes no two options with the same data. */
function menu(buttons: readonly Button[], text: Text): Row[] {
  const [first] = buttons;
  if (!first) return [];
  const byId = new Map(buttons.map((button) => [buttonId(button), button.label]));
  const options = [...byId].slice(0, maxOptions).map(([value, label]) => ({ value, label: clip(label, maxOption) }));
  const placeholder = clip(text.discord.menu, maxPlaceholder);
  return [
    {
      type: ComponentType.ActionRow,
      components: [{ type: ComponentType.StringSelect, custom_id: menuId(first.runId), placeholder, options }],
    },
  ];
}
