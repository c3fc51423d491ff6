import { text } from '../../bots/terminal/person.ts';
import { type Missing, missingIn, versionOf } from '../../pipeline/providers/comfyui/inspect.ts';
import { readWorkflows, type Workflow } from '../../pipeline/providers/comfyui/workflows.ts';
import type { ProviderConfig } from '../../pipeline/providers/config.ts';
import { type Finding, fine, wrong } from './finding.ts';

const { doctor: words } = text.operator;

type Server = NonNullable<ProviderConfig['comfyui']>;

/** Checks that ComfyUI answers, that the workflows can be used, and that ComfyUI has the nodes and models that they name. */
export async function checkComfy(server: Server, signal: AbortSignal): Promise<Finding[]> {
  const { workflows, problems } = readWorkflows(server);
  const unusable = problems.map(({ file, problem }) => wrong('comfyui', words.comfyWorkflow(file, problem)));
  const version = await versionOf(server, { signal });
  if (!version.ok) {
    const isKey = version.fault.kind === 'bad_key';
    return [wrong('comfyui', (isKey ? words.comfyKey : words.comfyAway)(version.fault.detail)), ...unusable];
  }
  const names = workflows.map(({ model }) => model);
  const summary =
    names.length > 0 ? fine('comfyui', words.comfyFine(version.value, names)) : wrong('comfyui', words.comfyEmpty);
  const lacking = await Promise.all(workflows.map((workflow) => lackingFor(server, workflow, signal)));
  return [summary, ...unusable, ...lacking.flat()];
}

async function lackingFor(server: Server, workflow: Workflow, signal: AbortSignal): Promise<Finding[]> {
  const missing = await missingIn(server, workflow, { signal });
  if (!missing.ok) return [wrong('comfyui', words.comfyAway(missing.fault.detail))];
  return missing.value.map((one) => wrong('comfyui', told(workflow.model, one)));
}

const told = (model: string, missing: Missing): string =>
  'input' in missing
    ? words.comfyOption(model, missing.value, missing.node, missing.input)
    : words.comfyNode(model, missing.node);
