import type { Action } from '../card.ts';

/** The actions that a person at a terminal types, where chats have buttons. `cancel` is a command everywhere. */
export type TypedAction = Exclude<Action, 'cancel'>;

/** The typed words, in the order in which people meet them. `edit` is already the command that changes any image. */
const names = {
  animate: 'animate',
  reanimate: 'reanimate',
  change: 'change',
  vary: 'vary',
  better: 'better',
  again: 'again',
  edit: 'reword',
  extend: 'extend',
  continue: 'continue',
  lastFrame: 'lastframe',
  ending: 'ending',
  remix: 'remix',
  show: 'show',
  delete: 'delete',
} as const satisfies Record<TypedAction, string>;

export const typedName = (action: TypedAction): string => names[action];

export const typedActions: readonly TypedAction[] = [
  'animate',
  'reanimate',
  'change',
  'vary',
  'better',
  'again',
  'edit',
  'extend',
  'continue',
  'lastFrame',
  'ending',
  'remix',
  'show',
  'delete',
];
