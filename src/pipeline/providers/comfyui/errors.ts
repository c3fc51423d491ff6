import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import { scrub } from '../../../observability/scrub.ts';
import { classifyStatus, parseJson } from '../http.ts';
import type { Fault, Rejection } from '../providerCall.ts';

/** The name that people read. */
export const comfyName = 'ComfyUI';

const said = z.object({ message: z.string().catch(''), details: z.string().catch('') });
const nodeErrors = z.record(
  z.string(),
  z.object({
    class_type: z.string().catch('node'),
    errors: z.array(said).catch([]),
    dependent_outputs: z.array(z.string()).catch([]),
  }),
);
/** Faults of single nodes, by their ids. ComfyUI sends an empty list if there is nothing. */
export const nodeErrorsShape = nodeErrors.catch({});
export type NodeErrors = z.infer<typeof nodeErrors>;

const refusal = z.object({ error: said.catch({ message: '', details: '' }), node_errors: nodeErrorsShape });

/** Maps an error answer of ComfyUI to our taxonomy. It answers 400 to a workflow that it cannot carry out, and then queues nothing. */
export function classify(rejection: Rejection): Fault {
  const parsed = refusal.safeParse(parseJson(rejection.body));
  if (rejection.status !== 400 || !parsed.success) {
    const fault = classifyStatus(comfyName, rejection);
    return { ...fault, detail: withoutPaths(fault.detail) };
  }
  const { error, node_errors } = parsed.data;
  const ofNodes = wordsOf(node_errors);
  const words = ofNodes === '' ? [error.message, error.details].filter(Boolean).join(': ') : ofNodes;
  return {
    kind: 'invalid_request',
    detail: `ComfyUI refused the workflow. ${withoutPaths(words)}`.trim(),
    nothingGenerated: true,
  };
}

/** The errors of single nodes as a sentence. */
export const wordsOf = (errors: NodeErrors): string =>
  Object.entries(errors)
    .flatMap(([id, { class_type, errors: ofNode }]) =>
      ofNode.map(
        ({ message, details }) => `${class_type} (node ${id}): ${[message, details].filter(Boolean).join(': ')}`,
      ),
    )
    .join('; ');

/** The last name of a path says enough, and the rest is about the operator's machine. */
const withoutPaths = (text: string): string =>
  text
    .replace(/(['"])(?:[A-Za-z]:[\\/]|\\\\|\/)[^'"\n]*?([^'"\n\\/]*)\1/g, '$1…/$2$1')
    .replace(
      /(?:\b[A-Za-z]:[\\/]|\\\\|(?<![\w.…])\/)(?:[^\s\\/'":*?<>|]+(?: [^\s\\/'":*?<>|]+)*[\\/])+([^\s\\/'",:;]*)/g,
      '…/$1',
    );

/** The words of a server, safe to show: without keys and paths, and short. */
export function shown(text: string, key: Secret | null): string {
  const clean = withoutPaths(scrub(text, key ? [key] : []))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean;
}
