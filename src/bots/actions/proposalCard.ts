import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import { type Block, type Button, type Card, textCard } from '../card.ts';
import type { Text } from '../text.ts';
import type { Facts, Understood } from './understand.ts';

type Proposed = {
  id: string;
  runId: RunId;
  wish: Understood & { change: Exclude<Understood['change'], 'longer'> };
  /** The words that the change follows. */
  said: string;
  credits: number;
  facts: Facts;
};

/** Says what VidGenie understood, what changes, what stays, and what it costs. One button starts it. */
export function proposalCard({ id, runId, wish, said, credits, facts }: Proposed, text: Text): Card {
  const { proposals, runs, measures } = text;
  const { labels } = proposals;
  const isAnimation = wish.change === 'motion' && said === '';
  const title = isAnimation ? proposals.title.animate : proposals.title[wish.change](measures.few(said));
  const image =
    facts.stills > 1
      ? [
          {
            label: labels.image,
            value: wish.still ? proposals.imageOf(wish.still, facts.stills) : proposals.firstOf(facts.stills),
          },
        ]
      : [];
  const isMotion = wish.change === 'motion';
  const fields: Block = {
    kind: 'fields',
    fields: [
      ...image,
      ...(isMotion ? [] : [{ label: labels.change, value: said }]),
      ...(wish.motion === '' ? [] : [{ label: labels.motion, value: wish.motion }]),
      { label: labels.stays, value: staysOf(wish.change, facts, text) },
      { label: labels.price, value: measures.credits(credits) },
    ],
  };
  const start: Button = {
    action: 'start',
    runId,
    label: runs.priced(proposals.start, credits),
    style: 'plain',
    credits,
    proposal: id,
  };
  const blocks: Block[] = [fields, { kind: 'text', text: proposals.nothingYet }];
  return { ...textCard('plain', title), blocks, buttons: [start] };
}

function staysOf(change: Proposed['wish']['change'], { hasFilm }: Facts, { proposals: { stays } }: Text): string {
  switch (change) {
    case 'picture':
      return hasFilm ? stays.pictureOfFilm : stays.picture;
    case 'film':
      return stays.film;
    case 'motion':
      return hasFilm ? stays.motion : stays.animate;
    case 'ending':
      return stays.ending;
  }
}

/** Somebody has asked for a longer film. The button is the one below the result. */
export function extendCard(
  { run }: Pick<RunView, 'run'>,
  { credits, seconds }: { credits: number; seconds: number },
  { proposals, runs, measures }: Text,
): Card {
  const { labels, stays } = proposals;
  const fields: Block = {
    kind: 'fields',
    fields: [
      { label: labels.stays, value: stays.longer },
      { label: labels.price, value: measures.credits(credits) },
    ],
  };
  const extend: Button = {
    action: 'extend',
    runId: run.id,
    label: runs.priced(runs.extendBy(seconds), credits),
    style: 'plain',
    credits,
  };
  const blocks: Block[] = [fields, { kind: 'text', text: proposals.nothingYet }];
  return { ...textCard('plain', proposals.title.longer), blocks, buttons: [extend] };
}
