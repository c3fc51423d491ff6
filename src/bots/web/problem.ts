import type { CastRefusal, Refusal } from '../commands/refusal.ts';
import type { Text } from '../text.ts';

/** Why a request was refused, in the format of RFC 9457. The sentences are for a person. */
export type Problem = {
  status: number;
  reason: string;
  title: string;
  detail: string;
  /** Facts for programs, in addition to the sentences. */
  facts?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
};

type Known = keyof Text['web']['problems'];

const statusOfKnown = {
  signed_out: 401,
  bad_token: 401,
  foreign_origin: 403,
  not_local: 403,
  admins_only: 403,
  operators_only: 403,
  people_only: 403,
  too_fast: 429,
  too_many_streams: 429,
  not_json: 415,
  malformed: 400,
  method_not_allowed: 405,
  too_large: 413,
  not_found: 404,
  bad_link: 410,
  key_reused: 409,
  only_data_url: 400,
  fault: 500,
  away: 503,
} as const satisfies Record<Known, number>;

/** A refusal by the web platform itself. */
export function problem(
  reason: Known,
  text: Text,
  more: Pick<Problem, 'facts' | 'headers'> & { detail?: string } = {},
): Problem {
  const { title, detail } = text.web.problems[reason];
  return { status: statusOfKnown[reason], reason, title, detail, ...more };
}

/** A refusal of a command. It uses the chats' text, except where that is about typing commands. */
export function refusalProblem(refusal: Refusal, text: Text): Problem {
  const { title, text: detail } = text.web.refusal(refusal) ?? text.refusals.refusal(refusal);
  const headers = headersOf(refusal);
  return {
    status: statusOfRefusal(refusal),
    reason: refusal.reason,
    title,
    detail,
    facts: factsOf(refusal, title),
    headers,
  };
}

function statusOfRefusal(refusal: Refusal): number {
  switch (refusal.reason) {
    case 'insufficient':
      return 402;
    case 'cast':
      return statusOfCast(refusal.why);
    case 'admins_only':
    case 'not_your_run':
    case 'elsewhere':
      return 403;
    case 'no_such_run':
    case 'ambiguous_run':
    case 'nothing_to_cancel':
    case 'no_such_image':
    case 'no_such_proposal':
      return 404;
    case 'already_over':
    case 'stop_costs':
    case 'costs_more':
    case 'still_at_work':
    case 'run_deleted':
    case 'several_to_cancel':
    case 'nothing_to_animate':
    case 'nothing_to_extend':
    case 'nothing_to_change':
    case 'not_in_cast':
    case 'unknown_model':
    case 'unused_model':
    case 'model_gone':
    case 'model_not_allowed':
    case 'too_many_references':
    case 'no_cast_in_video':
    case 'no_ending':
    case 'no_frames':
    case 'no_key':
      return 409;
    case 'unmoderated':
    case 'no_room':
      return 503;
    case 'busy':
    case 'daily_limit':
    case 'too_fast':
      return 429;
    case 'media_expired':
      return 410;
    case 'unsupported':
    case 'blocked':
    case 'flagged':
    case 'bad_image':
      return 422;
    case 'unknown_command':
    case 'unknown_option':
    case 'missing_value':
    case 'bad_value':
    case 'given_twice':
    case 'missing':
    case 'too_long':
    case 'unexpected_words':
      return 400;
  }
}

function statusOfCast(why: CastRefusal): number {
  switch (why.outcome) {
    case 'bad_name':
    case 'long_description':
    case 'likeness':
    case 'image_count':
      return 400;
    case 'not_yours':
      return 403;
    case 'no_entry':
      return 404;
    case 'taken':
    case 'full':
      return 409;
    case 'bad_image':
      return 422;
    case 'objection':
      return why.objection.outcome === 'unmoderated' ? 503 : 422;
  }
}

/**
 * Says when to try again. It gives no time for a refusal that waits for the caller's own run: that ends within minutes, but
 * nobody knows when.
 */
function headersOf(refusal: Refusal): Record<string, string> {
  if (refusal.reason === 'too_fast') return { 'retry-after': String(refusal.seconds) };
  if (refusal.reason === 'daily_limit') return { 'retry-after': String(Math.ceil(refusal.againInMs / 1_000)) };
  return waiting.includes(refusal.reason) ? { 'retry-after': '30' } : {};
}

/** Refusals that may be over within a minute, and nobody knows when. */
const waiting: readonly Refusal['reason'][] = ['busy', 'unmoderated', 'no_room'];

function factsOf(refusal: Refusal, title: string): Record<string, unknown> {
  switch (refusal.reason) {
    case 'insufficient':
      return { error: title, required: refusal.priceCredits, available: refusal.balance };
    case 'unsupported':
      return { option: refusal.option, allowed: refusal.allowed };
    case 'unknown_model':
      return { option: refusal.option, ...(refusal.nearest === null ? {} : { nearest: refusal.nearest }) };
    case 'model_not_allowed':
      return { option: refusal.option, allowed: refusal.allowed };
    case 'unused_model':
      return { option: refusal.option, makes: refusal.makes };
    case 'bad_value': {
      const { allowed } = refusal;
      const values = allowed.kind === 'choices' ? { allowed: allowed.values } : {};
      const range = allowed.kind === 'whole_number' ? { min: allowed.min, max: allowed.max } : {};
      return { option: refusal.option, ...values, ...range };
    }
    case 'stop_costs':
      return { credits: refusal.cost.credits, back: refusal.cost.back };
    case 'elsewhere':
      return { allowed: refusal.channels };
    case 'costs_more':
      return { credits: refusal.priceCredits };
    case 'missing':
      return { option: refusal.option };
    case 'too_long':
      return { option: refusal.option, max: refusal.max };
    case 'too_fast':
      return { seconds: refusal.seconds };
    case 'busy':
    case 'daily_limit':
      return { max: refusal.max };
    default:
      return {};
  }
}

/** A problem as it is sent. */
export const problemBody = ({ status, reason, title, detail, facts = {} }: Problem) => ({
  type: `urn:vidgenie:problem:${reason}`,
  title,
  status,
  detail,
  reason,
  ...facts,
});

export function problemResponse(it: Problem): Response {
  const { status, headers = {} } = it;
  return new Response(JSON.stringify(problemBody(it)), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
