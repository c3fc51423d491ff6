import type { Form } from '../card.ts';
import type { FormValues } from '../commands/command.ts';

/** Asks for every field of a form in turn. Resolves with null when somebody leaves it half-way: then nothing is changed. */
export async function askForm(form: Form, signal: AbortSignal): Promise<FormValues | null> {
  const { intro, isCancel, select } = await import('@clack/prompts');
  intro(form.title);
  const values: Record<string, string> = {};
  for (const { name, label, choices, value } of form.fields) {
    const options = choices.map((choice) => ({ ...choice }));
    const chosen = await select({ message: label, options, initialValue: value, maxItems: 8, signal });
    if (isCancel(chosen)) return null;
    values[name] = chosen;
  }
  return values;
}
