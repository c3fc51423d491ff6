import { z } from 'zod';
import { deadlines } from '../deadlines.ts';
import { requestJson } from '../http.ts';
import { attempt, type Outcome } from '../providerCall.ts';
import { linkedNode, type NodeValue, placeholdersIn } from './graph.ts';
import { type ComfyServer, endpointOf } from './prompts.ts';
import type { Workflow } from './workflows.ts';

/** Free questions that the doctor asks: whether ComfyUI answers, and what it lacks for a workflow. */

const stats = z.object({ system: z.object({ comfyui_version: z.string().catch('unknown') }) });

type Context = { signal: AbortSignal };

const ask = <T>(server: ComfyServer, path: string, shape: z.ZodType<T>, { signal }: Context): Promise<Outcome<T>> => {
  const endpoint = endpointOf(server);
  const secrets = server.key ? [server.key] : [];
  const deadlineMs = deadlines.check;
  return attempt({ ...endpoint, signal, deadlineMs, secrets }, () =>
    requestJson(endpoint, { method: 'GET', path, deadlineMs, signal }, shape),
  );
};

/** The version of ComfyUI, if it answers. */
export async function versionOf(server: ComfyServer, call: Context): Promise<Outcome<string>> {
  const answer = await ask(server, '/system_stats', stats, call);
  return answer.ok ? { ok: true, value: answer.value.system.comfyui_version } : answer;
}

/** An input is its type and more about it. Older nodes list their options in place of the type, and newer ones besides it. */
const listed = z.tuple([z.array(z.unknown())]).rest(z.unknown());
const named = z.tuple([z.literal('COMBO'), z.object({ options: z.array(z.unknown()) })]).rest(z.unknown());
const inputs = z.record(z.string(), z.unknown()).catch({});
const definitions = z.record(
  z.string(),
  z.object({ input: z.object({ required: inputs.optional(), optional: inputs.optional() }) }),
);

/** A node or an option (mostly the file of a model) that a workflow names and ComfyUI does not have. */
export type Missing = { node: string } | { node: string; input: string; value: string };

/** The nodes and models that ComfyUI lacks for a workflow. */
export async function missingIn(server: ComfyServer, { graph }: Workflow, call: Context): Promise<Outcome<Missing[]>> {
  const missing: Missing[] = [];
  const nodes = Object.values(graph);
  for (const name of new Set(nodes.map(({ class_type }) => class_type))) {
    const answer = await ask(server, `/object_info/${encodeURIComponent(name)}`, definitions, call);
    if (!answer.ok) return answer;
    const definition = answer.value[name]?.input;
    if (!definition) {
      missing.push({ node: name });
      continue;
    }
    const known = { ...definition.required, ...definition.optional };
    for (const node of nodes.filter(({ class_type }) => class_type === name)) {
      for (const [input, value] of Object.entries(node.inputs)) {
        const options = optionsIn(known[input]);
        if (options && isChosen(value) && !options.includes(value))
          missing.push({ node: name, input, value: String(value) });
      }
    }
  }
  return { ok: true, value: missing };
}

/** Whether an input has a value of its own, which no run replaces. */
const isChosen = (value: NodeValue): boolean => linkedNode(value) === null && placeholdersIn(value).length === 0;

function optionsIn(input: unknown): unknown[] | null {
  return listed.safeParse(input).data?.[0] ?? named.safeParse(input).data?.[1].options ?? null;
}
