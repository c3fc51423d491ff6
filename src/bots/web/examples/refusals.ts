import { textOf } from '../../text.ts';
import { type Problem, problem, refusalProblem } from '../problem.ts';

const text = textOf('en');

/** One refusal for each status, with its exact text. */
export const refusalExamples: Readonly<Record<number, Problem>> = {
  400: {
    status: 400,
    reason: 'bad_value',
    title: text.web.given.wrong('duration', '"long"'),
    detail: `${text.web.given.expected({ kind: 'whole_number', min: 1, max: 60 })} ${text.web.given.examples}`,
    facts: { option: 'duration', at: 'config.videoConfig.duration', min: 1, max: 60 },
  },
  401: problem('bad_token', text),
  402: refusalProblem({ reason: 'insufficient', priceCredits: 24, balance: 5, heldCredits: 0 }, text),
  403: problem('admins_only', text),
  404: problem('not_found', text),
  409: problem('key_reused', text),
  410: refusalProblem({ reason: 'media_expired' }, text),
  413: problem('too_large', text),
  415: problem('not_json', text),
  422: refusalProblem(
    {
      reason: 'unsupported',
      option: 'resolution',
      value: '4k',
      allowed: ['720p', '1080p'],
      model: 'gemini-omni-1.2-flash',
    },
    text,
  ),
  429: problem('too_fast', text),
  500: problem('fault', text),
  503: problem('away', text),
};
