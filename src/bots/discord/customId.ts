import { type RunId, runId } from '../../db/vocabulary.ts';
import { type Action, actions } from '../card.ts';

/** What a button or a modal carries: all that is needed to carry it out, after any restart and for ever. */
export type CustomId =
  | { kind: 'action'; action: Action; runId: RunId }
  | { kind: 'form'; command: string; page: string | null };

export const actionId = (action: Action, id: RunId): string => `v1:${action}:${id}`;
export const formId = (command: string, page: string | null = null): string =>
  page === null ? `v1:form:${command}` : `v1:form:${command}:${page}`;

export function readCustomId(text: string): CustomId | null {
  const [version, name, subject = '', page = null, ...rest] = text.split(':');
  if (version !== 'v1' || rest.length > 0) return null;
  if (name === 'form') return { kind: 'form', command: subject, page };
  if (page !== null) return null;
  const action = actions.find((known) => known === name);
  const id = runId.safeParse(subject);
  return action && id.success ? { kind: 'action', action, runId: id.data } : null;
}
