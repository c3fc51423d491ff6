import { z } from 'zod';

// Limits that Slack enforces and the emulator does not. The numbers are Slack's own. We repeat them here on purpose.

const json = z.record(z.string(), z.unknown());
type Json = z.infer<typeof json>;

const lengths: Record<string, number> = {
  header: 150,
  section: 3_000,
  button: 75,
};

/** The faults for which Slack would answer `invalid_blocks`. Empty if there are none. */
export function blockProblems(blocks: unknown, max: number): string[] {
  const parsed = z.array(json).safeParse(blocks);
  if (!parsed.success) return ['blocks are no list of objects'];
  const problems = parsed.data.length > max ? [`${parsed.data.length} blocks where ${max} are allowed`] : [];
  const ids = actionIdsOf(parsed.data);
  if (new Set(ids).size < ids.length) problems.push('two elements have one action_id');
  return [...problems, ...parsed.data.flatMap((block, index) => problemsOf(block, `block ${index}`))];
}

/** The names of all buttons and menus of a message. */
const actionIdsOf = (blocks: readonly Json[]): unknown[] =>
  blocks.flatMap((block) => {
    if (block.type !== 'actions' && block.type !== 'carousel') return [];
    const elements = z.array(json).catch([]).parse(block.elements);
    const own = elements.flatMap((one) => (one.type === 'card' ? z.array(json).catch([]).parse(one.actions) : [one]));
    return own.map(({ action_id: id }) => id);
  });

function problemsOf(block: Json, at: string): string[] {
  const where = `${at} (${String(block.type)})`;
  switch (block.type) {
    case 'header':
      return textProblems(block.text, lengths.header ?? 0, where);
    case 'section': {
      const fields = z.array(z.unknown()).catch([]).parse(block.fields);
      return [
        ...(block.text === undefined ? [] : textProblems(block.text, 3_000, where)),
        ...(fields.length > 10 ? [`${where} has ${fields.length} fields`] : []),
        ...fields.flatMap((field) => textProblems(field, 2_000, where)),
        ...(block.text === undefined && fields.length === 0 ? [`${where} is empty`] : []),
      ];
    }
    case 'context': {
      const elements = z.array(z.unknown()).catch([]).parse(block.elements);
      const count = elements.length < 1 || elements.length > 10 ? [`${where} has ${elements.length} elements`] : [];
      return [...count, ...elements.flatMap((element) => textProblems(element, 2_000, where))];
    }
    case 'actions': {
      const elements = z.array(json).catch([]).parse(block.elements);
      const count = elements.length < 1 || elements.length > 25 ? [`${where} has ${elements.length} elements`] : [];
      return [...count, ...elements.flatMap((element) => elementProblems(element, where))];
    }
    case 'input':
      return [
        ...textProblems(block.label, 2_000, `${where} label`),
        ...elementProblems(json.catch({}).parse(block.element), where),
      ];
    case 'plan': {
      const tasks = z.array(json).catch([]).parse(block.tasks);
      const ids = new Set(tasks.map(({ task_id: id }) => id));
      const twice = ids.size < tasks.length ? [`${where} has two tasks with one id`] : [];
      return [...twice, ...tasks.flatMap((task) => taskProblems(task, where))];
    }
    case 'carousel': {
      const cards = z.array(json).catch([]).parse(block.elements);
      const count = cards.length < 1 || cards.length > 10 ? [`${where} has ${cards.length} cards`] : [];
      return [...count, ...cards.flatMap((card, index) => cardProblems(card, `${where}, card ${index}`))];
    }
    case 'card':
      return cardProblems(block, where);
    case 'image':
      return typeof block.alt_text === 'string' && block.alt_text.length <= 2_000
        ? []
        : [`${where} has a bad alt_text`];
    default:
      return [`${where} is no block that we know`];
  }
}

function cardProblems(card: Json, where: string): string[] {
  const { type, hero_image: hero, title, subtitle, body, actions } = card;
  const buttons = z.array(json).catch([]).parse(actions);
  const isEmpty = [hero, title, body, actions].every((part) => part === undefined);
  return [
    ...(type === 'card' ? [] : [`${where} is no card`]),
    ...(isEmpty ? [`${where} is empty`] : []),
    ...(hero === undefined ? [] : pictureProblems(json.catch({}).parse(hero), where)),
    ...[title, subtitle].flatMap((text) => (text === undefined ? [] : textProblems(text, 150, where))),
    ...(body === undefined ? [] : textProblems(body, 200, where)),
    ...(actions !== undefined && (buttons.length < 1 || buttons.length > 3)
      ? [`${where} has ${buttons.length} buttons`]
      : []),
    ...buttons.flatMap((button) => [
      ...(button.type === 'button' ? [] : [`${where} has a ${String(button.type)} among its buttons`]),
      ...elementProblems(button, where),
    ]),
  ];
}

/** An image of a card: a public address, or a file of Slack's. */
function pictureProblems({ type, alt_text: alt, image_url: url, slack_file: file }: Json, where: string): string[] {
  const isFile = z.object({ id: z.string().regex(/^F\w+$/) }).safeParse(file).success;
  return [
    ...(type === 'image' ? [] : [`${where} has a picture that is no image`]),
    ...(typeof alt === 'string' && alt.length >= 1 && alt.length <= 2_000 ? [] : [`${where} has a bad alt_text`]),
    ...((typeof url === 'string') !== isFile ? [] : [`${where} has no picture, or two`]),
  ];
}

function taskProblems(task: Json, where: string): string[] {
  const states = ['pending', 'in_progress', 'complete', 'error'];
  return [
    ...(states.includes(String(task.status)) ? [] : [`${where} has a task that is ${String(task.status)}`]),
    ...(typeof task.title === 'string' && task.title !== '' ? [] : [`${where} has a task without a title`]),
    ...(typeof task.task_id === 'string' ? [] : [`${where} has a task without an id`]),
  ];
}

function elementProblems(element: Json, where: string): string[] {
  const id = z.string().catch('').parse(element.action_id);
  const options = z.array(json).catch([]).parse(element.options);
  const isSelect = element.type === 'static_select';
  return [
    ...(isSelect && options.length < 1 ? [`${where} has a select without options`] : []),
    ...(isSelect && element.placeholder !== undefined ? textProblems(element.placeholder, 150, where) : []),
    ...(element.type === 'file_input' && !z.int().min(1).max(10).safeParse(element.max_files).success
      ? [`${where} takes ${String(element.max_files)} files`]
      : []),
    ...(id === '' || id.length > 255 ? [`${where} has an action_id of ${id.length} characters`] : []),
    ...(element.type === 'button' ? textProblems(element.text, 75, where) : []),
    ...(options.length > 100 ? [`${where} has ${options.length} options`] : []),
    ...options.flatMap(({ text, value }) => [
      ...textProblems(text, 75, `${where} option`),
      ...(typeof value === 'string' && value.length >= 1 && value.length <= 150 ? [] : [`${where} has a bad value`]),
    ]),
    ...(typeof element.initial_value === 'string' && element.initial_value.length > 3_000
      ? [`${where} is prefilled too long`]
      : []),
  ];
}

function textProblems(text: unknown, max: number, where: string): string[] {
  const parsed = z.object({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string() }).safeParse(text);
  if (!parsed.success) return [`${where} has no text`];
  if (parsed.data.type === 'mrkdwn' && parsed.data.text.includes('<!')) return [`${where} addresses a whole channel`];
  const { length } = parsed.data.text;
  return length < 1 || length > max ? [`${where} has ${length} characters where 1 to ${max} are allowed`] : [];
}

/** The same for a modal or a Home. */
export function viewProblems(view: unknown): string[] {
  const parsed = json.safeParse(view);
  if (!parsed.success) return ['a view is no object'];
  const { type, title, submit, close, blocks, private_metadata: metadata } = parsed.data;
  const inputs = z
    .array(json)
    .catch([])
    .parse(blocks)
    .filter((block) => block.type === 'input');
  return [
    ...blockProblems(blocks, 100),
    ...(type === 'modal' ? textProblems(title, 24, 'the title') : []),
    ...[submit, close].flatMap((text) => (text === undefined ? [] : textProblems(text, 24, 'a button'))),
    ...(typeof metadata === 'string' && metadata.length > 3_000 ? ['private_metadata is too long'] : []),
    ...(type === 'modal' && inputs.length > 0 && submit === undefined ? ['a form without a submit button'] : []),
  ];
}
