import { accountOf } from '../../../db/credits.ts';
import { ensureWorkspace, saveSettings, settingsOf, workspaceSettings } from '../../../db/workspaces.ts';
import { maxPromptLength, runOptions, stepsOf, styles, type Workflow, workflows } from '../../../domain.ts';
import { offerOf } from '../../../pipeline/offer.ts';
import { isOpen, quote as quoteFor } from '../../../pipeline/submit.ts';
import { workflowCommands } from '../../commands/all.ts';
import { imageLimits } from '../../commands/option.ts';
import { quoteRefusal } from '../../commands/quoteRefusal.ts';
import type { Refusal } from '../../commands/refusal.ts';
import { makerOf } from '../../maker.ts';
import type { Text } from '../../text.ts';
import { options, quote, quoteQuery, settingsBody, settingsState } from '../contract.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { refusalFor } from '../request.ts';

const choices = ['style', 'quality', 'aspect', 'duration', 'resolution', 'audio'] as const;

const offer = endpoint({
  method: 'get',
  path: '/api/options',
  access: 'member',
  summary: 'What can be asked for here: the workflows, their options, and what the models at hand can do',
  given: nothing,
  answers: { 200: options },
  answer: async ({ deps, caller, text }) => {
    const { db, keys } = deps.services;
    const [{ defaults }, brought] = await Promise.all([
      settingsOf(db, caller.workspace.id),
      keys.of(caller.workspace.id),
    ]);
    return {
      status: 200,
      body: {
        workflows: workflows.map((workflow) => offered(deps, workflow, brought, text)),
        defaults: runOptions.parse(defaults),
        labels: Object.fromEntries(choices.map((name) => [name, text.commands.options[name]])),
        image: { ...imageLimits },
        maxPromptLength,
      },
    };
  },
});

type Brought = Awaited<ReturnType<WebDeps['services']['keys']['of']>>;

function offered({ services }: WebDeps, name: Workflow, brought: Brought, text: Text) {
  const kinds: readonly ('enhance' | 'image' | 'video')[] = stepsOf[name];
  const chosen = kinds.map((kind) => ({ kind, provider: services.providers.choose(kind, brought)?.provider }));
  const command = workflowCommands[name];
  const { aspect, quality, duration, resolution } = offerOf(services.providers, name, brought);
  return {
    name,
    describe: command.describe(text),
    available: chosen.every(({ provider }) => provider),
    options: choices.filter((choice) => command.options.some((option) => option.name === choice)),
    allowed: {
      style: [...styles],
      aspect: [...aspect],
      quality: [...quality],
      duration: [...duration],
      resolution: [...resolution],
    },
    steps: chosen.flatMap(({ kind, provider }) =>
      provider ? [{ kind, provider: provider.id, model: provider.model, maker: makerOf(provider.id, text) }] : [],
    ),
  };
}

const price = endpoint({
  method: 'get',
  path: '/api/quote',
  access: 'member',
  summary: 'What a run would cost, and whether it is possible',
  given: { ...nothing, query: quoteQuery },
  answers: { 200: quote },
  answer: async ({ deps, caller, text, query }) => {
    const { services } = deps;
    const { settings } = await ensureWorkspace(services.db, caller.workspace, services.freeCredits);
    const { workflow, ...chosen } = query;
    const [quoted, account] = await Promise.all([
      quoteFor(services, caller.workspace.id, workflow, chosen),
      accountOf(services.db, caller.workspace.id),
    ]);
    const { channels } = settings;
    const closed: Refusal | null = isOpen(channels, caller.channelIds) ? null : { reason: 'elsewhere', channels };
    const refusal = closed ?? quoteRefusal(quoted, account, text);
    const sentence = refusal && refusalFor(caller, refusal, text);
    return {
      status: 200,
      body: {
        workflow,
        options: quoted.options,
        priceCredits: quoted.price,
        balance: account.balance,
        steps: quoted.steps.map(({ kind, priceCredits }) => ({ kind, priceCredits })),
        possible: refusal === null,
        sentence: sentence && `${sentence.title}. ${sentence.detail}`,
      },
    };
  },
});

const readSettings = endpoint({
  method: 'get',
  path: '/api/settings',
  access: 'admin',
  summary: 'What a command means here when nobody says otherwise, and what no prompt may contain',
  given: nothing,
  answers: { 200: settingsState },
  answer: async ({ deps, caller }) => ({ status: 200, body: await settingsOf(deps.services.db, caller.workspace.id) }),
});

const writeSettings = endpoint({
  method: 'put',
  path: '/api/settings',
  access: 'admin',
  summary: 'Change some of them; what is left out stays. The answer is what they are now',
  given: { ...nothing, body: settingsBody },
  answers: { 200: settingsState },
  answer: async ({ deps, caller, body }) => {
    const { db } = deps.services;
    const settings = workspaceSettings.parse({ ...(await settingsOf(db, caller.workspace.id)), ...body });
    await saveSettings(db, caller.workspace.id, settings);
    return { status: 200, body: settings };
  },
});

export const composerEndpoints: readonly Endpoint[] = [offer, price, readSettings, writeSettings];
