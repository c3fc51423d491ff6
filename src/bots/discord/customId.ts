import { type RunId, runId } from '../../domain.ts';
import { type ButtonAction, buttonActions } from '../card.ts';

/** The data of a button or a modal. It holds everything needed to carry it out, so it works after any restart, without expiry. */
export type CustomId =
  /** `credits` is the price that the member saw, or 0 if none was shown. */
  | { kind: 'action'; action: ButtonAction; runId: RunId; credits: number }
  /** Animates the picture in the message. */
  | { kind: 'picture'; credits: number }
  | { kind: 'form'; command: string; page: string | null };

export const actionId = (action: ButtonAction, id: RunId, credits = 0): string =>
  credits === 0 ? `v1:${action}:${id}` : `v1:${action}:${id}:${credits}`;
export const pictureId = (credits: number): string => `v1:picture:${credits}`;
export const formId = (command: string, page: string | null = null): string =>
  page === null ? `v1:form:${command}` : `v1:form:${command}:${page}`;

const isAmount = (text: string): boolean => /^\d{1,9}$/.test(text);

export function readCustomId(text: string): CustomId | null {
  const [version, name, subject = '', detail = null, ...rest] = text.split(':');
  if (version !== 'v1' || rest.length > 0) return null;
  if (name === 'form') return { kind: 'form', command: subject, page: detail };
  if (name === 'picture')
    return detail === null && isAmount(subject) ? { kind: 'picture', credits: Number(subject) } : null;
  const action = buttonActions.find((known) => known === name);
  const id = runId.safeParse(subject);
  if (!action || !id.success || !isAmount(detail ?? '0')) return null;
  return { kind: 'action', action, runId: id.data, credits: Number(detail ?? 0) };
}
