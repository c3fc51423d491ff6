import type { RunView } from '../../db/runs.ts';
import type { Progress } from '../../pipeline/progress.ts';
import type { NextPrices } from '../../pipeline/quote.ts';
import { chosenModels } from '../acceptedCard.ts';
import type { Card } from '../card.ts';
import { enhancedOf, runCard, shortId } from '../runCard.ts';
import { cardLines } from '../stepLines.ts';
import type { Text } from '../text.ts';
import { context, fitted, limits, paragraph, plan, quote, type SlackBlock, section } from './blocks.ts';
import { buttonBlocks, type Pictures } from './buttons.ts';
import { cardMessage, fallback, type SlackMessage, taskOf } from './cardBlocks.ts';
import { escaped, link, mrkdwn } from './escape.ts';

/** Mentions a member by id, so that Slack shows the name. Falls back to the name if the id is not one of Slack's. */
const mention = (id: string, name: string): string => (isMember(id) ? `<@${id}>` : mrkdwn(name, 80));
const isMember = (id: string): boolean => /^[UW][A-Z0-9]{2,20}$/.test(id);

/** Notes about files that Slack did not take where they belong: sentences, and links to fetch the files instead. */
export type Notes = {
  sentences: readonly string[];
  links: readonly { objectKey: string; label: string; url: string; expiresAt: Date | null }[];
};

export const nothing: Notes = { sentences: [], links: [] };

/** The message that everybody in the channel sees: requester, workflow, prompt, price and, in the end, the outcome. */
export function rootMessage(view: RunView, card: Card, text: Text, notes: readonly string[] = []): SlackMessage {
  const { run } = view;
  const who = mention(run.memberId, run.memberName);
  const facts = [text.measures.credits(run.priceCredits), ...chosenModels(view)].map(escaped).join(' · ');
  const line = `${who} · *${escaped(text.runs.runNames[run.workflow])}* · ${facts}`;
  const outcome = run.settledAt ? [card.title, ...sentencesOf(card).slice(0, 5), ...notes] : [card.title];
  return {
    text: fallback(`${card.title}: ${run.prompt}`),
    blocks: [
      section(line),
      quote(text.runs.prompt.original, run.prompt),
      ...outcome.map(paragraph),
      context(text.slack.runId(shortId(run.id))),
    ],
  };
}

/**
 * The message that tells the requester that the run is over, because edits and files notify nobody. Null if Slack could not find
 * the member.
 */
export function mentionMessage({ run }: RunView, card: Card): SlackMessage | null {
  if (!isMember(run.memberId)) return null;
  const words = `<@${run.memberId}> ${mrkdwn(card.title, limits.fallback)}`;
  return { text: words, blocks: [section(words)] };
}

const sentencesOf = (card: Card): string[] =>
  card.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));

/**
 * The one message in the thread that shows progress. At the end it holds the facts and the next actions. With `pictures` the images
 * that a member chooses from are a carousel.
 */
export function progressMessage(
  view: RunView,
  progress: Progress,
  text: Text,
  {
    notes = nothing,
    pictures = null,
    ...known
  }: { notes?: Notes; pictures?: Pictures | null; balance?: number; prices?: NextPrices } = {},
): SlackMessage {
  const card = runCard(view, progress, text, known);
  const enhanced = enhancedOf(view)?.image ?? null;
  const title = view.run.settledAt ? card.title : text.slack.planTitle(card.title, progress.percent);
  const tasks = cardLines(view, progress, text).map((step, index) =>
    taskOf(step, index, step.kind === 'enhance' ? enhanced : null),
  );
  const facts = card.media.map(({ label, width, height, seconds, bytes }): SlackBlock => {
    const size = text.runs.media.size(width, height, seconds, text.measures.bytes(bytes));
    return context(`${label}: ${size}`);
  });
  const sentences = [...sentencesOf(card), ...notes.sentences].map(paragraph);
  const links = notes.links.map(({ label, url, expiresAt }) =>
    section(link(url, expiresAt ? text.slack.upload.until(label, text.measures.moment(expiresAt)) : label)),
  );
  return {
    text: cardMessage(card, text).text,
    blocks: fitted(
      [plan(title, tasks), ...sentences, ...links, ...facts],
      limits.blocksPerMessage,
      buttonBlocks(card.buttons, text, pictures),
    ),
  };
}
