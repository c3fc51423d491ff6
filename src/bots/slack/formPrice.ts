import { z } from 'zod';
import { workspaceSettings } from '../../db/workspaces.ts';
import { commandedWorkflows, type Workflow, type WorkspaceId } from '../../domain.ts';
import { offerOfAny } from '../../pipeline/offer.ts';
import { quote } from '../../pipeline/quote.ts';
import { settlesWithin } from '../../pipeline/timeout.ts';
import { choiceIn, chooserOf, isChoice, listModels } from '../commands/modelChoices.ts';
import { planRefusal } from '../commands/planRefusal.ts';
import type { Given } from '../commands/read.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { limits } from './blocks.ts';
import { type Asked, createForm, type FormOffer, type OpenedOn } from './createForm.ts';
import { sentence } from './fieldError.ts';
import type { RequestDeps } from './requestContext.ts';
import type { Requester } from './requester.ts';
import type { ViewAnswer } from './viewAnswer.ts';
import { workspaceOf } from './workspace.ts';

/**
 * How long a form waits for its price. Slack waits three seconds for the answer to a form and closes a form that takes two.
 * Milliseconds.
 */
const patienceMs = 1_500;

/** The options that the price depends on. */
const choices = z
  .object({
    ...workspaceSettings.shape.defaults.unwrap().omit({ models: true }).shape,
    frames: z.int().optional(),
    variants: z.int().optional(),
    scenes: z.int().optional(),
    model: z.array(z.string()).optional(),
  })
  .transform(({ model: models, ...others }) => ({ ...others, models }));

/**
 * Returns what a form offers: the abilities of the workspace's models, for those workflows that it can start, and the models to choose
 * from, if there is a choice, with their prices for the given options.
 */
export async function offerOfForm(
  services: Services,
  id: WorkspaceId,
  { on, given, text }: { on: OpenedOn | null; given: Given; text: Text },
): Promise<FormOffer> {
  const asked: readonly Workflow[] = on ? [on.workflow] : commandedWorkflows;
  const chooser = await chooserOf(services, id);
  const choice = choiceIn(chooser, given);
  const command = { name: on?.workflow ?? 'complete' };
  const listing = { command, chooser, given, typed: '', max: limits.optionsPerSelect, maxWord: maxModel };
  return {
    offer: offerOfAny(services.providers, asked, chooser.brought, choice),
    models: isChoice(services, chooser) ? listModels(services, listing, text).models : [],
  };
}

/** Slack takes values of 150 characters, and ours have a prefix. */
const maxModel = 140;

/**
 * Returns the form again, with the price on its button, if the member's choices cost more than the button said. Returns an error
 * that asks for patience if the price is not known while Slack waits. Returns null if the price on the button holds.
 */
export async function formAgain(
  { services, log }: RequestDeps,
  { source }: Requester,
  values: unknown,
  asked: Asked,
  text: Text,
): Promise<ViewAnswer | null> {
  const id = workspaceOf(source);
  // If the app is not installed, the caller's usual path tells the member so.
  if (!id) return null;
  const { workflow, given: chosen, channel, on, credits } = asked;
  let answer: ViewAnswer | null = { response_action: 'errors', errors: { prompt: text.slack.create.slow } };
  const asking = (async () => {
    const { price, obstacle } = await quote(services, id, workflow, choices.parse(values));
    const problem = obstacle && planRefusal(obstacle, text);
    if (problem && chosen.model !== undefined && 'option' in problem && problem.option === 'model') {
      answer = { response_action: 'errors', errors: { model: sentence(problem, text) } };
      return;
    }
    if (price <= credits) {
      answer = null;
      return;
    }
    const opening = { workflow, prompt: String(chosen.prompt ?? ''), channel, on, price, chosen };
    const offer = await offerOfForm(services, id, { on, given: chosen, text });
    answer = { response_action: 'update', view: createForm(opening, offer, text) };
  })();
  await settlesWithin(patienceMs, asking).catch((error: unknown) => {
    log.warn({ platform: 'slack', error }, 'a form could not be priced');
  });
  asking.catch(() => {});
  return answer;
}
