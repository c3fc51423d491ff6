import type { types } from '@slack/bolt';

/** What Slack is told about a submitted form, which closes otherwise: what is wrong with which field, or what to show instead. */
export type ViewAnswer =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView };
