import { accountOf } from '../../db/credits.ts';
import type { Parent } from '../../db/insertRun.ts';
import { queuePositionOf } from '../../db/queuePosition.ts';
import type { Workflow } from '../../domain.ts';
import type { AcceptedImage } from '../../pipeline/media/input.ts';
import type { Origin } from '../../pipeline/plan.ts';
import type { Submission, SubmitOutcome } from '../../pipeline/submit.ts';
import { textOf } from '../text.ts';
import { planRefusal } from './planRefusal.ts';
import type { StartButton } from './refusal.ts';
import type { Answer, CommandRequest } from './request.ts';

type Asked = {
  workflow: Workflow;
  prompt: string;
  options: Submission['options'];
  /** The image that the request's `openImage` resolves. Null if nobody gave one. */
  image: string | null;
  /** The run that this one begins with. */
  origin?: Origin;
  /** The run from whose result this one is made. Left out if a command asked for it. */
  parent?: Parent;
  /** The button that asked for the run. Left out if a command did. */
  button?: StartButton;
};

/** Starts a run, or says why not. We charge nothing before every check has passed. */
export async function startRun(request: CommandRequest, asked: Asked): Promise<Answer> {
  const { services, workspace, member, requestKey, conversation, channelIds } = request;
  const { workflow, prompt, options, image: reference } = asked;
  const image = reference === null ? null : () => accept(request, reference);
  const platform = request.platform === undefined ? {} : { platform: request.platform };
  const waits = request.waitsForAnswerMs === undefined ? {} : { waitsForAnswerMs: request.waitsForAnswerMs };
  const where = { ...platform, conversation, channelIds, ...waits };
  const { maxCredits } = request;
  const begins = asked.origin ? { origin: asked.origin } : {};
  const submission = {
    workspace,
    member,
    requestKey,
    ...where,
    workflow,
    prompt,
    options,
    image,
    maxCredits,
    ...begins,
    parent: asked.parent ?? null,
  };
  return await answerTo(request, asked, await services.submit(submission));
}

async function answerTo(request: CommandRequest, asked: Asked, submitted: SubmitOutcome): Promise<Answer> {
  const { workflow, prompt } = asked;
  switch (submitted.outcome) {
    case 'accepted': {
      const { runId, price: priceCredits, balance, options, models } = submitted;
      const { db, limits } = request.services;
      const queue = await queuePositionOf(db, runId, limits);
      return { kind: 'run', runId, workflow, prompt, started: { priceCredits, balance, options, models, queue } };
    }
    case 'repeated':
      return { kind: 'run', runId: submitted.runId, workflow, prompt, started: null };
    case 'insufficient': {
      const { price: priceCredits, balance } = submitted;
      const { held: heldCredits } = await accountOf(request.services.db, request.workspace.id);
      return { kind: 'refusal', refusal: { reason: 'insufficient', priceCredits, balance, heldCredits } };
    }
    case 'dearer': {
      const told = request.maxCredits ?? 0;
      const { button = null } = asked;
      return { kind: 'refusal', refusal: { reason: 'costs_more', priceCredits: submitted.price, told, button } };
    }
    case 'busy':
      return { kind: 'refusal', refusal: { reason: 'busy', max: submitted.max } };
    case 'no_room':
      return { kind: 'refusal', refusal: { reason: 'no_room' } };
    case 'elsewhere':
      return { kind: 'refusal', refusal: { reason: 'elsewhere', channels: submitted.channels } };
    case 'daily_limit': {
      const { max, again } = submitted;
      const againInMs = Math.max(60_000, again.getTime() - request.services.now().getTime());
      return { kind: 'refusal', refusal: { reason: 'daily_limit', max, againInMs } };
    }
    case 'blocked':
      return { kind: 'refusal', refusal: { reason: 'blocked', word: submitted.word } };
    case 'flagged':
      return { kind: 'refusal', refusal: { reason: 'flagged', categories: submitted.categories } };
    case 'unmoderated':
      return { kind: 'refusal', refusal: { reason: 'unmoderated', detail: submitted.detail } };
    case 'bad_image':
      return { kind: 'refusal', refusal: { reason: 'bad_image', why: submitted.reason, detail: submitted.detail } };
    case 'not_in_cast':
      return { kind: 'refusal', refusal: { reason: 'not_in_cast', name: submitted.name, nearest: submitted.nearest } };
    case 'unknown_model':
    case 'unused_model':
    case 'model_gone':
    case 'model_not_allowed':
    case 'nothing_left':
    case 'no_key':
    case 'unsupported':
      return { kind: 'refusal', refusal: planRefusal(submitted, textOf(request.locale)) };
  }
}

async function accept(request: CommandRequest, reference: string): Promise<AcceptedImage> {
  const source = await request.openImage(reference);
  if (source === null) return { outcome: 'refused', reason: 'missing', detail: reference };
  // Loaded only when it is needed, because it brings an image library with it.
  const { acceptImage } = await import('../../pipeline/media/input.ts');
  const options = { directory: request.services.temporaryDirectory, signal: request.signal };
  const accepted = await acceptImage(source, options);
  return accepted.outcome === 'refused' && accepted.reason === 'missing'
    ? { ...accepted, detail: reference }
    : accepted;
}
