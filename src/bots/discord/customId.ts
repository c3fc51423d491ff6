import { z } from 'zod';
import { type RunId, runId } from '../../domain.ts';
import { type Button, type ButtonAction, buttonActions } from '../card.ts';

/**
 * The data of a button, of an option in a menu, or of a modal. It holds everything needed to carry it out, so it works after any
 * restart, without expiry.
 */
export type CustomId =
  /**
   * `credits` is the price that the member saw, or 0 if none was shown. `step` is the number of the step that the action is about.
   * Null: the run decides. Messages of older versions name none.
   */
  | { kind: 'action'; action: Exclude<ButtonAction, 'start'>; runId: RunId; credits: number; step: number | null }
  /** Carries out a proposal. */
  | { kind: 'start'; proposal: string; credits: number }
  /** The menu of a run's message. The chosen option holds the data of a button. */
  | { kind: 'menu'; runId: RunId }
  /** Animates the picture in the message, or changes it. */
  | { kind: 'picture'; wish: PictureWish; credits: number }
  | { kind: 'form'; command: string; page: string | null };

/** The run that a button makes of the picture in a message of our own. */
export type PictureWish = 'animate' | 'edit';
const pictureNames = { picture: 'animate', pictureEdit: 'edit' } as const satisfies Record<string, PictureWish>;

export function actionId(action: ButtonAction, id: RunId, credits = 0, step: number | null = null): string {
  if (step !== null) return `v1:${action}:${id}:${credits}:${step}`;
  return credits === 0 ? `v1:${action}:${id}` : `v1:${action}:${id}:${credits}`;
}
const startId = (proposal: string, credits: number): string => `v1:start:${proposal}:${credits}`;
export const menuId = (id: RunId): string => `v1:more:${id}`;
export const pictureId = (wish: PictureWish, credits: number): string =>
  `v1:${wish === 'animate' ? 'picture' : 'pictureEdit'}:${credits}`;
export const formId = (command: string, page: string | null = null): string =>
  page === null ? `v1:form:${command}` : `v1:form:${command}:${page}`;

/** The data of a card's button. */
export function buttonId({ action, runId: id, credits = 0, step, proposal }: Button): string {
  if (action !== 'start') return actionId(action, id, credits, step ?? null);
  if (proposal === undefined) throw new Error('a button starts a proposal and names none');
  return startId(proposal, credits);
}

const isAmount = (text: string): boolean => /^\d{1,9}$/.test(text);

export function readCustomId(text: string): CustomId | null {
  const [version, name = '', subject = '', detail = null, last = null, ...rest] = text.split(':');
  if (version !== 'v1' || rest.length > 0) return null;
  if (name === 'form') return last === null ? { kind: 'form', command: subject, page: detail } : null;
  const wish = name === 'picture' || name === 'pictureEdit' ? pictureNames[name] : null;
  if (wish) {
    return detail === null && isAmount(subject) ? { kind: 'picture', wish, credits: Number(subject) } : null;
  }
  if (!isAmount(detail ?? '0') || !isAmount(last ?? '0')) return null;
  const credits = Number(detail ?? 0);
  if (name === 'start') {
    return last === null && z.uuid().safeParse(subject).success ? { kind: 'start', proposal: subject, credits } : null;
  }
  const id = runId.safeParse(subject);
  if (!id.success) return null;
  if (name === 'more') return detail === null ? { kind: 'menu', runId: id.data } : null;
  const action = buttonActions.find((known) => known === name);
  if (!action || action === 'start') return null;
  return { kind: 'action', action, runId: id.data, credits, step: last === null ? null : Number(last) };
}
