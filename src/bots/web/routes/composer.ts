import { accountOf } from '../../../db/credits.ts';
import { ensureWorkspace, saveSettings, settingsOf, workspaceSettings } from '../../../db/workspaces.ts';
import {
  type CommandedWorkflow,
  commandedWorkflows,
  maxPromptLength,
  type ProvidedKind,
  runOptions,
  styles,
} from '../../../domain.ts';
import { kindsWith } from '../../../pipeline/fromText.ts';
import { usableModels } from '../../../pipeline/modelList.ts';
import { type AnyService, type ModelChoice, resolveModels } from '../../../pipeline/models.ts';
import { offerOf } from '../../../pipeline/offer.ts';
import { referencesOf } from '../../../pipeline/plan.ts';
import type { Vendors } from '../../../pipeline/providers/registry.ts';
import { quote as quoteFor } from '../../../pipeline/quote.ts';
import { isOpen } from '../../../pipeline/submit.ts';
import { workflowCommands } from '../../commands/all.ts';
import { chooserOf } from '../../commands/modelChoices.ts';
import { imageLimits } from '../../commands/option.ts';
import { quoteRefusal } from '../../commands/quoteRefusal.ts';
import type { Refusal } from '../../commands/refusal.ts';
import { checkedModels } from '../../commands/settingsModels.ts';
import { makerOf, titleOf } from '../../maker.ts';
import type { Text } from '../../text.ts';
import { optionNames, options, optionsQuery, quote, quoteQuery } from '../contract/composer.ts';
import { settingsBody, settingsState } from '../contract/settings.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { refusalFor } from '../request.ts';

const offer = endpoint({
  method: 'get',
  path: '/api/options',
  access: 'member',
  summary: 'What can be asked for here: the workflows, their options, and what these models or the usual ones can do',
  given: { ...nothing, query: optionsQuery },
  answers: { 200: options },
  answer: async ({ deps, caller, text, query }) => {
    const chooser = await chooserOf(deps.services, caller.workspace.id);
    const { brought, settings } = chooser;
    const { defaults, allowedModels: allowed } = settings;
    const wished = [...(query.models ?? []), ...(defaults.models ?? [])];
    const choice = { words: usableModels(deps.services.providers, chooser, wished), allowed };
    return {
      status: 200,
      body: {
        workflows: commandedWorkflows.map((workflow) => offered(deps, workflow, { brought, choice }, text)),
        defaults: runOptions.parse(defaults),
        labels: Object.fromEntries(optionNames.map((name) => [name, text.commands.options[name]])),
        image: { ...imageLimits },
        maxPromptLength,
      },
    };
  },
});

type Wanted = { brought: Vendors; choice: ModelChoice };

function offered(
  { services: { providers } }: WebDeps,
  name: CommandedWorkflow,
  { brought, choice }: Wanted,
  text: Text,
) {
  const resolved = resolveModels(providers, brought, choice);
  const serving = (kind: ProvidedKind): AnyService | null =>
    (resolved.outcome === 'resolved' ? resolved.services.get(kind) : null) ?? providers.choose(kind, brought);
  // An edited image needs no video, and images to choose from are one of the options.
  const kinds = kindsWith(name, { frames: 1, change: 'picture' }, serving);
  const chosen = kinds.map((kind) => ({ kind, provider: serving(kind)?.provider }));
  const image = chosen.find(({ kind }) => kind === 'image');
  const command = workflowCommands[name];
  const { aspect, quality, duration, resolution } = offerOf(providers, name, brought, choice);
  return {
    name,
    describe: command.describe(text),
    available: chosen.every(({ provider }) => provider),
    options: optionNames.filter((choice) => command.options.some((option) => option.name === choice)),
    allowed: {
      style: [...styles],
      aspect: [...aspect],
      quality: [...quality],
      duration: [...duration],
      resolution: [...resolution],
    },
    references: image?.provider?.capabilities.references ?? 0,
    steps: chosen.flatMap(({ kind, provider }) => {
      if (!provider) return [];
      const { id, model } = provider;
      return [{ kind, provider: id, model, title: titleOf(provider, text), maker: makerOf(id, text) }];
    }),
    modelChoice: kinds.some((kind) => providers.models(kind, brought).length > 1),
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
    const { workflow, reference = false, models = [], ...options } = query;
    // No models mean those that the workspace prefers.
    const chosen = models.length > 0 ? { ...options, models } : options;
    const beginning = { references: referencesOf(workflow, [], reference) };
    const [quoted, account] = await Promise.all([
      quoteFor(services, caller.workspace.id, workflow, chosen, beginning),
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
  refuses: [409],
  answer: async ({ deps, caller, text, body }) => {
    const { db } = deps.services;
    const before = await settingsOf(db, caller.workspace.id);
    const next = workspaceSettings.parse({ ...before, ...body });
    const checked = await checkedModels(deps.services, caller.workspace.id, before, next);
    if (checked.outcome === 'refused') return { refused: refusalFor(caller, checked.refusal, text) };
    await saveSettings(db, caller.workspace.id, checked.settings, caller.member.id);
    return { status: 200, body: checked.settings };
  },
});

export const composerEndpoints: readonly Endpoint[] = [offer, price, readSettings, writeSettings];
