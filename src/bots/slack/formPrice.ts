import { workspaceSettings } from '../../db/workspaces.ts';
import { type Workflow, type WorkspaceId, workflows } from '../../domain.ts';
import { type Offer, offerOfAny } from '../../pipeline/offer.ts';
import { quote } from '../../pipeline/submit.ts';
import { settlesWithin } from '../../pipeline/timeout.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import { type Asked, createForm, type OpenedOn } from './createForm.ts';
import type { RequestDeps } from './requestContext.ts';
import type { Requester } from './requester.ts';
import type { ViewAnswer } from './viewAnswer.ts';
import { workspaceOf } from './workspace.ts';

/**
 * How long a form waits for its price. Slack waits three seconds for the answer to a form and closes a form that takes two.
 * Milliseconds.
 */
const patienceMs = 1_500;

const choices = workspaceSettings.shape.defaults.unwrap();

/** Returns what a form offers: the abilities of the workspace's models, for those workflows that it can start. */
export async function offerOfForm(services: Services, id: WorkspaceId, on: OpenedOn | null): Promise<Offer> {
  const asked: readonly Workflow[] = on ? ['video'] : workflows;
  return offerOfAny(services.providers, asked, await services.keys.of(id));
}

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
    const { price } = await quote(services, id, workflow, choices.parse(values));
    if (price <= credits) {
      answer = null;
      return;
    }
    const opening = { workflow, prompt: String(chosen.prompt ?? ''), channel, on, price, chosen };
    const offer = await offerOfForm(services, id, on);
    answer = { response_action: 'update', view: createForm(opening, offer, text) };
  })();
  await settlesWithin(patienceMs, asking).catch((error: unknown) => {
    log.warn({ platform: 'slack', error }, 'a form could not be priced');
  });
  asking.catch(() => {});
  return answer;
}
