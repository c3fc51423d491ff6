import { settingsOf } from '../../db/workspaces.ts';
import { runOptions, type Workflow, type WorkspaceId, workflows } from '../../domain.ts';
import { type Chooser, kindsToChoose, type ModelOffer, modelOffers, priceWith } from '../../pipeline/modelList.ts';
import type { ModelChoice } from '../../pipeline/models.ts';
import type { GivenOptions, PlanDeps } from '../../pipeline/plan.ts';
import type { Capabilities } from '../../pipeline/providers/provider.ts';
import type { Services } from '../services.ts';
import type { Text } from '../text.ts';
import type { Command } from './command.ts';
import { modelWords } from './option.ts';
import type { Given } from './read.ts';

/** A word for a model, and what is said about it: what it makes, how long and how large, and what that costs. */
export type ListedModel = { word: string; facts: string };

/** The workspace's part in choosing a model. */
export async function chooserOf({ db, keys }: Pick<Services, 'db' | 'keys'>, id: WorkspaceId): Promise<Chooser> {
  const [brought, settings] = await Promise.all([keys.of(id), settingsOf(db, id)]);
  return { brought, settings };
}

/** The models that decide what a command offers: those that are typed, then those that the workspace prefers. */
export const choiceIn = ({ settings }: Chooser, given: Given): ModelChoice => ({
  words: [...(chosenIn(given).models ?? []), ...(settings.defaults.models ?? [])],
  allowed: settings.allowedModels,
});

/** The settings concern every workflow, and `complete` has steps of every kind. */
const workflowOf = ({ name }: Pick<Command, 'name'>): Workflow => workflows.find((one) => one === name) ?? 'complete';

type Listing = {
  command: Pick<Command, 'name'>;
  chooser: Chooser;
  /** The options that are typed already. */
  given: Given;
  /** A part of a name or of a title. */
  typed: string;
  max: number;
  /** Words that are longer are left out. */
  maxWord?: number;
};

/** The models that a command can name, aliases first. `more` is how many there are beyond those. */
export function listModels(
  deps: PlanDeps,
  { command, chooser, given, typed, max, maxWord = Number.POSITIVE_INFINITY }: Listing,
  text: Text,
): { models: ListedModel[]; more: number } {
  const workflow = workflowOf(command);
  const chosen = chosenIn(given);
  const part = typed.trim().toLowerCase();
  const found = modelOffers(deps.providers, chooser, kindsToChoose(workflow, chosen, chooser)).filter(
    (offer) => offer.word.length <= maxWord && namesOf(offer).some((name) => name.toLowerCase().includes(part)),
  );
  // Planning a run for each of some hundred models would take too long.
  const models = found.slice(0, max).map((offer): ListedModel => {
    const price = priceWith(deps, workflow, chosen, chooser, offer.word);
    const cost = price === null ? text.commands.models.impossible : text.measures.credits(price);
    return { word: offer.word, facts: [...factsOf(offer, text), cost].join(' · ') };
  });
  return { models, more: found.length - models.length };
}

/** Whether there is more than one way to make some step of a run. */
export function isChoice(deps: Pick<PlanDeps, 'providers'>, chooser: Chooser): boolean {
  const offers = modelOffers(deps.providers, chooser, ['enhance', 'image', 'video']);
  const kinds = offers.flatMap((offer) => (offer.kind === 'model' ? [offer.makes] : []));
  return offers.some(({ kind }) => kind === 'alias') || new Set(kinds).size < kinds.length;
}

const namesOf = (offer: ModelOffer): string[] =>
  offer.kind === 'alias' ? [offer.word, ...offer.models] : [offer.word, ...(offer.title === null ? [] : [offer.title])];

function factsOf(offer: ModelOffer, text: Text): string[] {
  if (offer.kind === 'alias') return [offer.models.join(' + ')];
  const { makes } = text.commands.models;
  return offer.makes === 'video' ? filmFacts(offer.capabilities, text) : [makes[offer.makes]];
}

function filmFacts({ durations, resolutions }: Capabilities, text: Text): string[] {
  const { makes, seconds } = text.commands.models;
  const [shortest, longest] = [Math.min(...durations), Math.max(...durations)];
  const [smallest, largest] = [resolutions.at(0), resolutions.at(-1)];
  if (durations.length === 0 || smallest === undefined || largest === undefined) return [makes.video];
  const sizes = smallest === largest ? sizeOf(largest) : `${sizeOf(smallest)}–${sizeOf(largest)}`;
  return [seconds(shortest, longest), sizes];
}

const sizeOf = (resolution: string): string => (resolution === '4k' ? '4K' : resolution);

const { style, quality, aspect, duration, resolution, audio, variants, scenes, frames, models } = runOptions.shape;
const readers = {
  style: style.unwrap(),
  quality: quality.unwrap(),
  aspect: aspect.unwrap(),
  duration: duration.unwrap(),
  resolution: resolution.unwrap(),
  audio: audio.unwrap(),
  variants: variants.unwrap(),
  scenes: scenes.unwrap(),
  frames: frames.unwrap(),
};

/** The options on which a price depends, as far as they are readable: somebody is still typing. */
export function chosenIn(given: Given): GivenOptions {
  const number = (name: string) =>
    given[name] === undefined ? undefined : Number(String(given[name]).replace(/\s?s$/i, ''));
  const flag = given.audio === 'on' || given.audio === 'off' ? given.audio === 'on' : given.audio;
  return {
    style: readers.style.safeParse(given.style).data,
    quality: readers.quality.safeParse(given.quality).data,
    aspect: readers.aspect.safeParse(given.aspect).data,
    duration: readers.duration.safeParse(number('duration')).data,
    resolution: readers.resolution.safeParse(given.resolution).data,
    audio: readers.audio.safeParse(flag).data,
    variants: readers.variants.safeParse(number('variants')).data,
    scenes: readers.scenes.safeParse(number('scenes')).data,
    frames: readers.frames.safeParse(number('frames')).data,
    models: models.unwrap().safeParse(modelWords(String(given.model ?? ''))).data,
  };
}
