import type { types } from '@slack/bolt';

/** The answer to a submitted form: errors by field, or another view to show. Without an answer the form closes. */
export type ViewAnswer =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView };
