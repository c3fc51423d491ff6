import type { Form, FormField } from '../card.ts';
import type { FormValues } from '../commands/command.ts';

type FieldOf<Kind extends FormField['kind']> = Extract<FormField, { kind: Kind }>;

/** Asks for every field of a form in turn. Resolves with null when somebody leaves it half-way: then nothing is changed. */
export async function askForm(form: Form, signal: AbortSignal): Promise<FormValues | null> {
  const { intro, isCancel, log, password, select } = await import('@clack/prompts');
  intro(form.title);
  log.message(form.intro);
  const secret = ({ label, hint }: FieldOf<'secret'>) => password({ message: `${label} (${hint})`, mask: '•', signal });
  const choice = ({ label, choices, value }: FieldOf<'choice'>) =>
    select({ message: label, options: choices.map((one) => ({ ...one })), initialValue: value, maxItems: 8, signal });
  const values: Record<string, string> = {};
  for (const field of form.fields) {
    const answer = field.kind === 'secret' ? await secret(field) : await choice(field);
    if (isCancel(answer)) return null;
    values[field.name] = answer ?? '';
  }
  return values;
}
