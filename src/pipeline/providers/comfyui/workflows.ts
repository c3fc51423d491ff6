import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Aspect, aspects } from '../../../domain.ts';
import { type Description, descriptionShape } from './description.ts';
import { type Graph, graphShape, linkedNode, placeholdersIn, withoutMissing } from './graph.ts';

/** A workflow of the operator. Its model id is the name of its file. */
export type Workflow = { model: string; graph: Graph; description: Description };
export type WorkflowOf<Kind extends Description['kind']> = Workflow & {
  description: Extract<Description, { kind: Kind }>;
};

/** A file that VidGenie cannot use, and what is wrong with it. */
export type WorkflowProblem = { file: string; problem: string };

const descriptionEnd = '.vidgenie.json';
/** A slash would make it a name of OpenRouter's. */
const usableName = /^[A-Za-z0-9][\w.-]{0,79}$/;

/** The workflows that come with VidGenie. */
const sampleFolder = fileURLToPath(new URL('../../../../docs/comfyui', import.meta.url));

type Folder = { workflows: string | null };

const folderOf = ({ workflows }: Folder): string => workflows ?? sampleFolder;

/** Whether the operator has a workflow of that name. */
export const hasWorkflow = (configured: Folder, model: string): boolean =>
  usableName.test(model) && existsSync(join(folderOf(configured), `${model}${descriptionEnd}`));

/** Reads all workflows of the folder. It never throws: a file that cannot be used becomes a problem, and the others are used. */
export function readWorkflows(configured: Folder): { workflows: Workflow[]; problems: WorkflowProblem[] } {
  const folder = folderOf(configured);
  const workflows: Workflow[] = [];
  const problems: WorkflowProblem[] = [];
  for (const model of namesIn(folder, problems)) {
    try {
      workflows.push(readWorkflow(folder, model));
    } catch (error) {
      problems.push(error instanceof Unusable ? error.problem : { file: `${model}.json`, problem: reasonOf(error) });
    }
  }
  return { workflows, problems };
}

class Unusable extends Error {
  readonly problem: WorkflowProblem;
  constructor(file: string, problem: string) {
    super(problem);
    this.problem = { file, problem };
  }
}

function namesIn(folder: string, problems: WorkflowProblem[]): string[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    const names = files.map((file) => file.slice(0, file.endsWith(descriptionEnd) ? -descriptionEnd.length : -5));
    return [...new Set(names)].sort();
  } catch (error) {
    problems.push({ file: folder, problem: `the folder cannot be read: ${reasonOf(error)}` });
    return [];
  }
}

function readWorkflow(folder: string, model: string): Workflow {
  const [file, beside] = [`${model}.json`, `${model}${descriptionEnd}`];
  if (!usableName.test(model))
    throw new Unusable(file, 'a name has letters, digits, dots, dashes and underscores only');
  const description = parsed(beside, descriptionShape, jsonOf(folder, beside));
  const exported = jsonOf(folder, file);
  if (typeof exported === 'object' && exported !== null && 'nodes' in exported && Array.isArray(exported.nodes)) {
    throw new Unusable(file, 'it is not in API format: export it with "Export (API)" in ComfyUI');
  }
  const graph = parsed(file, graphShape, exported);
  const problem = mismatchOf(graph, description);
  if (problem !== null) throw new Unusable(file, problem);
  return { model, graph, description };
}

function jsonOf(folder: string, file: string): unknown {
  if (!existsSync(join(folder, file)))
    throw new Unusable(file, 'it is missing: a workflow and its description belong together');
  try {
    return JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch (error) {
    throw new Unusable(file, `it is no JSON: ${reasonOf(error)}`);
  }
}

function parsed<T>(file: string, shape: z.ZodType<T>, value: unknown): T {
  const { data, error } = shape.safeParse(value);
  if (error) throw new Unusable(file, z.prettifyError(error).replaceAll(/\s*\n\s*/g, ' '));
  return data;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** ComfyUI fills these in by itself in the name of a file. */
const ownNames: readonly string[] = ['year', 'month', 'day', 'hour', 'minute', 'second', 'batch_num'];

/** The placeholders of the pictures that a workflow can show, by their numbers from 1. */
export const pictureNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => (index === 0 ? 'image' : `image${index + 1}`));

/** The reason why a workflow and its description do not fit together. Null if they do. */
function mismatchOf(graph: Graph, description: Description): string | null {
  const nodes = Object.entries(graph);
  if (!graph[description.output]) return `it has no node ${description.output}, which its description calls the output`;
  const unrendered = shapesWithoutRender(description);
  if (unrendered.length > 0) return `render needs a size for ${unrendered.join(', ')}`;
  for (const [id, { inputs }] of nodes) {
    for (const [name, value] of Object.entries(inputs)) {
      const linked = linkedNode(value);
      if (linked !== null && !graph[linked]) return `node ${id} is linked to node ${linked}, which it does not have`;
      const unknown = placeholdersIn(value).find((found) => !isKnown(found, name, description));
      if (unknown !== undefined) return `node ${id} has %${unknown}%, which its description does not provide`;
    }
  }
  const used = new Set(nodes.flatMap(([, { inputs }]) => placeholdersIn(inputs)));
  const unused = neededOf(description).find((names) => !names.some((name) => used.has(name)));
  if (unused) return `no node has ${unused.map((name) => `%${name}%`).join(' or ')}`;
  const missing = Object.fromEntries(optionalPictures(description).map((name) => [name, null]));
  if (!withoutMissing(graph, missing)[description.output])
    return 'without a picture, nothing is left to make the output';
  return null;
}

function shapesWithoutRender(description: Description): Aspect[] {
  if (description.kind === 'image' || !description.render) return [];
  const { sizes, render } = description;
  return aspects.filter((aspect) => sizes[aspect] && !render[aspect]);
}

function isKnown(found: string, input: string, description: Description): boolean {
  if (input === 'filename_prefix' && ownNames.includes(found)) return true;
  return placeholdersOf(description).includes(found);
}

const always = ['prompt', 'width', 'height', 'seed'] as const;

function placeholdersOf(description: Description): string[] {
  switch (description.kind) {
    case 'image':
      return [...always, ...pictureNames(description.references)];
    case 'video': {
      const { lastFrame, render } = description;
      const sizes = render ? ['renderWidth', 'renderHeight'] : [];
      return [...always, 'image', 'seconds', 'frames', 'fps', ...sizes, ...(lastFrame ? ['lastImage'] : [])];
    }
  }
}

/** The placeholders without which a workflow could not do what its description says. One of each list is enough. */
function neededOf(description: Description): string[][] {
  const sized = [['prompt'], ['width'], ['height'], ['seed']];
  switch (description.kind) {
    case 'image':
      return [...sized, ...pictureNames(description.references).map((name) => [name])];
    case 'video': {
      const last = description.lastFrame ? [['lastImage']] : [];
      const lengths = description.seconds.length > 1 ? [['frames', 'seconds']] : [];
      const sizes = description.render ? [['renderWidth'], ['renderHeight']] : [];
      return [...sized, ['image'], ...last, ...lengths, ...sizes];
    }
  }
}

/** The pictures that a request may lack. */
function optionalPictures(description: Description): string[] {
  switch (description.kind) {
    case 'image':
      return pictureNames(description.references);
    case 'video':
      return [...(description.fromText ? ['image'] : []), ...(description.lastFrame ? ['lastImage'] : [])];
  }
}
