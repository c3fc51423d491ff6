import { saveProposal } from '../../db/proposals.ts';
import type { RunView } from '../../db/runs.ts';
import { settingsOf } from '../../db/workspaces.ts';
import { maxPromptLength, promptText } from '../../domain.ts';
import { castOf } from '../../pipeline/cast.ts';
import { blockedWordIn } from '../../pipeline/moderation.ts';
import { referencesOf } from '../../pipeline/plan.ts';
import { nextPrices, planChange } from '../../pipeline/quote.ts';
import { namesIn } from '../../pipeline/steps/cast.ts';
import { tidied } from '../../plainText.ts';
import { planRefusal } from '../commands/planRefusal.ts';
import { rateLimited } from '../commands/rateLimit.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer, CommandRequest } from '../commands/request.ts';
import { shortId } from '../runCard.ts';
import { textOf } from '../text.ts';
import { maySee } from './permission.ts';
import { extendCard, proposalCard } from './proposalCard.ts';
import { type Changeable, changeableOf } from './proposalSubject.ts';
import { type Understood, understand } from './understand.ts';

export { startProposal } from './startProposal.ts';

const refused = (refusal: Refusal): Answer => ({ kind: 'refusal', refusal });

/**
 * Answers free words about the result of a run, for example of a mention in its thread: a card that says what VidGenie understood
 * and what it costs, with one button. It spends nothing, and it asks no model.
 */
export async function propose(request: CommandRequest, view: RunView, words: string): Promise<Answer> {
  const tooFast = await rateLimited(request);
  if (tooFast) return refused(tooFast);
  if (!maySee(view.run, request)) return refused({ reason: 'no_such_run', given: shortId(view.run.id) });
  const read = promptText.safeParse(words);
  if (!read.success) return refused(unreadable(words, view));
  const objection = await objectionTo(request, read.data);
  if (objection) return refused(objection);

  const prices = await nextPrices(request.services, view);
  const found = await changeableOf(request, view, { canEnd: prices.ending !== null });
  if (found.outcome === 'refused') return refused(found.refusal);
  const { changeable } = found;
  const understood = understand(read.data, changeable.facts);
  if (understood.change === 'longer') {
    const { extend: credits, extendSeconds: seconds } = prices;
    if (credits === null || seconds === null) return refused({ reason: 'nothing_to_extend' });
    return { kind: 'card', card: extendCard(view, { credits, seconds }, textOf(request.locale)) };
  }
  if (understood.still !== null && !changeable.numbers.includes(understood.still)) {
    return refused({ reason: 'no_such_image', given: understood.still, allowed: changeable.numbers });
  }
  return await offer(request, { ...understood, change: understood.change }, changeable);
}

type Wish = Understood & { change: Exclude<Understood['change'], 'longer'> };

/** Prices a change, keeps it for its button, and shows both. */
async function offer(request: CommandRequest, wish: Wish, changeable: Changeable): Promise<Answer> {
  const { services, workspace, member, locale } = request;
  const { change } = wish;
  const subject = changeable.subjectOf(change, wish.still);
  if (subject === null) return refused({ reason: 'nothing_to_change' });
  // A video begins with an image, and no model takes pictures of the cast beside it.
  if (namesIn(wish.motion).length > 0) return refused({ reason: 'no_cast_in_video' });
  const said = { picture: wish.picture, film: wish.picture, motion: wish.motion, ending: wish.ending }[change];
  const named = await castOf(services.db, workspace.id, said);
  const references = named.outcome === 'found' ? referencesOf('edit', named.cast, false) : 0;
  const planned = await planChange(services, subject.view, plannedAs[change], references);
  if (planned.outcome !== 'planned') return refused(planRefusal(planned, textOf(locale)));
  const credits = planned.steps.reduce((sum, { priceCredits }) => sum + priceCredits, 0);
  const id = await saveProposal(services.db, request.requestKey, {
    workspaceId: workspace.id,
    runId: subject.view.run.id,
    step: subject.step,
    memberId: member.id,
    change,
    words: said,
    motion: change === 'motion' || wish.motion === '' ? null : wish.motion,
  });
  const { facts } = changeable;
  const card = proposalCard({ id, runId: subject.view.run.id, wish, said, credits, facts }, textOf(locale));
  return { kind: 'card', card };
}

const plannedAs = { picture: 'change', film: 'changeFilm', motion: 'animate', ending: 'ending' } as const;

function unreadable(words: string, { run }: RunView): Refusal {
  const { length } = tidied(words);
  return length > maxPromptLength
    ? { reason: 'too_long', option: 'prompt', length, max: maxPromptLength }
    : { reason: 'missing', command: run.workflow, option: 'prompt' };
}

/** A reason that the start would meet in any case. Moderation looks at the words then. */
async function objectionTo({ services, workspace }: CommandRequest, words: string): Promise<Refusal | null> {
  const { blockedWords } = await settingsOf(services.db, workspace.id);
  const word = blockedWordIn(words, blockedWords);
  if (word !== null) return { reason: 'blocked', word };
  const named = await castOf(services.db, workspace.id, words);
  return named.outcome === 'found' ? null : { reason: 'not_in_cast', name: named.name, nearest: named.nearest };
}
