import { distance } from 'fastest-levenshtein';
import { isDatabaseAway } from '../../db/failures.ts';
import type { RunView } from '../../db/runs.ts';
import type { RunId } from '../../domain.ts';
import { progressOf } from '../../pipeline/progress.ts';
import { type Card, type Form, textCard } from '../card.ts';
import { commands, perform } from '../commands/all.ts';
import { cancel } from '../commands/cancel.ts';
import { commandCard } from '../commands/help.ts';
import { parseLine } from '../commands/parse.ts';
import type { Refusal } from '../commands/refusal.ts';
import type { Answer } from '../commands/request.ts';
import { refusalCard } from '../refusalCard.ts';
import { runCard, shortId } from '../runCard.ts';
import type { Services } from '../services.ts';
import { balanceAfter, follow, linksOf, pricesAfter, unfinishedRuns } from './follow.ts';
import { createFollowUp } from './followUp.ts';
import { createRequest, text, workspace } from './person.ts';
import type { Stage } from './stage.ts';
import { saysYes, typedCommands, wordsOf } from './typedActions.ts';

export type Session = {
  /** Carries out the typed line. Resolves with true if the line asks to leave. Never throws: it reports every fault. */
  enter: (line: string) => Promise<boolean>;
  /** Follows the runs that an earlier process left. */
  resume: () => Promise<void>;
  /** The active runs, oldest first. */
  running: () => readonly RunView[];
  /** Resolves when all runs that this session follows are delivered. */
  finished: () => Promise<void>;
};

type SessionOptions = { services: Services; stage: Stage; onFault: (error: unknown) => void; signal: AbortSignal };

/** A person at a terminal: the lines that they type, and the runs that follow, several at a time. */
export function createSession({ services, stage, onFault, signal }: SessionOptions): Session {
  const views = new Map<RunId, RunView>();
  const following = new Map<RunId, Promise<void>>();
  let isAway = false;

  const tellFault = (error: unknown) => {
    if (isDatabaseAway(error)) stage.line(text.terminal.away);
    else {
      stage.line(text.terminal.fault);
      onFault(error);
    }
  };

  async function attend(id: RunId): Promise<void> {
    const onChange = (view: RunView) => {
      isAway = false;
      views.set(id, view);
      stage.changed(view);
    };
    const onAway = () => {
      if (!isAway) stage.line(text.terminal.away);
      isAway = true;
    };
    const view = await follow(services, id, { onChange, onAway, signal });
    views.delete(id);
    if (!view) return;
    const [balance, prices] = [await balanceAfter(services, view), await pricesAfter(services, view)];
    stage.delivered(view, { balance, prices, links: await links(view.assets) });
    if (prices) followUp.about(runCard(view, progressOf(view, services.now()), text, { prices }), view);
  }

  function track(id: RunId): void {
    if (following.has(id)) return;
    const attended = attend(id)
      .catch(tellFault)
      .finally(() => {
        views.delete(id);
        following.delete(id);
      });
    following.set(id, attended);
  }

  const links = (media: readonly { objectKey: string }[]) =>
    linksOf(
      services,
      media.map(({ objectKey }) => objectKey),
    );

  async function showCard(card: Card): Promise<void> {
    const entries = card.blocks.flatMap((block) => (block.kind === 'entries' ? block.entries : []));
    stage.card(card, await links([...card.media, ...entries.flatMap((entry) => entry.media)]));
  }

  async function show(answer: Answer): Promise<void> {
    switch (answer.kind) {
      case 'card':
        return await showCard(answer.card);
      case 'status':
        await showCard(answer.card);
        if (answer.view.run.settledAt) followUp.about(answer.card, answer.view);
        return;
      case 'refusal':
        return answer.refusal.reason === 'stop_costs'
          ? await askToStop(answer.refusal)
          : await showCard(refusalCard(answer.refusal, text));
      case 'stopping':
        await showCard(answer.card);
        return track(answer.runId);
      case 'run':
        stage.accepted(answer);
        return track(answer.runId);
      case 'form':
        return await fillIn(answer.form);
    }
  }

  const followUp = createFollowUp({ services, stage, show, signal });
  const typedOnes = typedCommands.map(({ command }) => command);

  async function carryOut(line: string): Promise<void> {
    const button = followUp.buttonFor(line.trim());
    if (button) return await followUp.press(button);
    const explained = /^\s*help\s+(\S+)\s*$/i.exec(line)?.[1]?.toLowerCase();
    const typed = typedOnes.find(({ name }) => name === explained);
    if (typed) return await showCard(commandCard(typed, text));
    const parsed = parseLine(line, [...commands, ...typedOnes]);
    if (parsed.outcome === 'refused') {
      if (isFreeWords(line, parsed.refusal) && (await followUp.say(line))) return;
      return await show({ kind: 'refusal', refusal: parsed.refusal });
    }
    const { command, given } = parsed;
    const action = typedCommands.find((one) => one.command === command)?.action;
    if (action) return await followUp.act(action, wordsOf(given), saysYes(given));
    await show(await perform(createRequest(services, signal), command, given));
  }

  async function askToStop(refusal: Extract<Refusal, { reason: 'stop_costs' }>): Promise<void> {
    await showCard(refusalCard(refusal, text));
    const { runId, cost } = refusal;
    if (!stage.confirm) return stage.line(text.terminal.addYes(shortId(runId)));
    if (!(await stage.confirm(text.runs.canceling.stop))) return stage.line(text.runs.canceling.keeps.title);
    const request = { ...createRequest(services, signal), maxCredits: cost.credits };
    await show(await cancel.perform(request, { run: runId }));
  }

  async function fillIn(form: Form): Promise<void> {
    if (!stage.form) return await showCard(formCard(form));
    const values = await stage.form(form);
    if (!values) return stage.line(text.terminal.notSaved);
    const command = commands.find(({ name }) => name === form.command);
    if (!command) throw new Error(`no command takes the form ${form.command}`);
    await show(await command.submit(createRequest(services, signal), values));
  }

  return {
    enter: async (line) => {
      if (line.trim() === '') return false;
      if (/^\s*(\/?vidgenie\s+)?\/?(exit|quit)\s*$/i.test(line)) return true;
      await carryOut(line).catch(tellFault);
      return false;
    },
    resume: async () => {
      for (const { run } of await unfinishedRuns(services, workspace.id)) track(run.id);
    },
    running: () => [...views.values()].sort((a, b) => a.run.createdAt.getTime() - b.run.createdAt.getTime()),
    finished: async () => {
      while (following.size > 0) await Promise.all(following.values());
    },
  };
}

/**
 * Whether a line is no command, but words about the last result. A line that begins like a command is a mistake in typing, and so
 * are a bare number and a line with a slash.
 */
function isFreeWords(line: string, refusal: Refusal): boolean {
  if (refusal.reason !== 'unknown_command' || /^\s*(\/|\d+\s*$)/.test(line)) return false;
  const given = refusal.given.toLowerCase();
  return !commands.some(({ name }) => distance(given, name) <= Math.floor(name.length / 5));
}

/** A form for a stage where nobody can choose: the current choices, and the command that changes them. */
function formCard({ command, title, intro, overview, pages }: Form): Card {
  if (overview)
    return { ...overview, blocks: [...overview.blocks, { kind: 'text', text: text.commands.settings.how }] };
  const fields = pages.flatMap((page) => page.fields);
  const chosen = fields.map((field) => ({ label: field.label, value: 'hint' in field ? field.hint : '' }));
  return {
    ...textCard('plain', title),
    blocks: [
      { kind: 'text', text: intro },
      { kind: 'fields', fields: chosen },
      { kind: 'text', text: command === 'cast' ? text.cast.howToAdd : text.commands.keys.how },
    ],
  };
}
