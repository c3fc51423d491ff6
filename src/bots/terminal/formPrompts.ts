import type { Form, FormField } from '../card.ts';
import type { FormValues } from '../commands/command.ts';
import { text as words } from './person.ts';

type FieldOf<Kind extends FormField['kind']> = Extract<FormField, { kind: Kind }>;

/** Asks for every field of a form in turn. Resolves with null if the person leaves half-way; then nothing changes. */
export async function askForm(form: Form, signal: AbortSignal): Promise<FormValues | null> {
  const { intro, isCancel, log, multiselect, password, select, text } = await import('@clack/prompts');
  intro(form.title);
  log.message(form.intro);
  const secret = ({ label, hint }: FieldOf<'secret'>) => password({ message: `${label} (${hint})`, mask: '•', signal });
  const choice = ({ label, choices, value }: FieldOf<'choice'>) =>
    select({ message: label, options: choices.map((one) => ({ ...one })), initialValue: value, maxItems: 8, signal });
  const values: Record<string, string> = {};
  const ticks = ({ label, choices, ticked }: FieldOf<'ticks'>) =>
    multiselect({
      message: label,
      options: choices.map((one) => ({ ...one })),
      initialValues: [...ticked],
      required: false,
      signal,
    });
  const line = ({ label, hint, value }: FieldOf<'text'>) =>
    text({ message: `${label} (${hint})`, initialValue: value.replaceAll('\n', ', '), signal });
  /** One path after the other. An empty answer ends the list. */
  const images = async ({ label, hint, max }: FieldOf<'images'>) => {
    const paths: string[] = [];
    while (paths.length < max) {
      const message = paths.length === 0 ? `${label} (${hint})` : label;
      const placeholder = words.terminal.imagePath(paths.length + 1, max);
      const path = await text({ message, placeholder, signal });
      if (isCancel(path)) return path;
      if (path === undefined || path.trim() === '') break;
      paths.push(unquoted(path.trim()));
    }
    return paths.join('\n');
  };
  const ask = (field: FormField) => {
    switch (field.kind) {
      case 'choice':
        return choice(field);
      case 'ticks':
        return ticks(field);
      case 'text':
        return line(field);
      case 'secret':
        return secret(field);
      case 'images':
        return images(field);
      case 'channels':
        throw new Error('a terminal has no channels');
    }
  };
  for (const field of form.pages.flatMap(({ fields }) => fields)) {
    const answer = await ask(field);
    if (isCancel(answer)) return null;
    values[field.name] = Array.isArray(answer) ? answer.join(',') : (answer ?? '');
  }
  return values;
}

/** Terminals put quotes around a file's name when somebody drops it there. */
const unquoted = (path: string): string => /^(['"])(.*)\1$/su.exec(path)?.[2] ?? path;

/** Asks a yes-or-no question. No answer means no. */
export async function askWhether(question: string, signal: AbortSignal): Promise<boolean> {
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false, signal });
  return !isCancel(answer) && answer;
}
