import { z } from 'zod';
import type { Secret } from '../../../db/secret.ts';
import { ProviderError } from '../provider.ts';
import { shown } from './errors.ts';

const file = z.object({
  filename: z.string().min(1),
  subfolder: z.string().catch(''),
  type: z.string().catch('output'),
});
export type ResultFile = z.infer<typeof file>;

const files = z.array(file).catch([]);
/**
 * What a node has made. ComfyUI's own nodes call their files `images`, also videos. Those of the Video Helper Suite say `gifs`, others
 * `videos`.
 */
const output = z.object({ images: files.optional(), gifs: files.optional(), videos: files.optional() }).catch({});

const failure = z.object({
  node_id: z.string().catch(''),
  node_type: z.string().catch(''),
  exception_type: z.string().catch(''),
  exception_message: z.string().catch(''),
});

const entry = z.object({
  outputs: z.record(z.string(), output),
  status: z
    .object({
      status_str: z.string().catch(''),
      completed: z.boolean().catch(true),
      /** Each is its name and its data. */
      messages: z.array(z.unknown()).catch([]),
    })
    .nullish(),
});
export type HistoryEntry = z.infer<typeof entry>;

/** The history of one prompt. Empty if it has not ended, or if this ComfyUI does not know it. */
export const historyShape = z.record(z.string(), entry);

/**
 * The file that the output node has made. A prompt may have failed although its status says success, so its messages come first.
 * Throws what became of the prompt instead.
 */
export function resultOf({ outputs, status }: HistoryEntry, wanted: string, key: Secret | null): ResultFile {
  const messages = status?.messages ?? [];
  const failed = messageNamed(messages, 'execution_error');
  if (failed) throw new ProviderError('no_output', shown(failureIn(failed.data), key));
  if (messageNamed(messages, 'execution_interrupted')) {
    throw new ProviderError('interrupted', 'The work was interrupted at ComfyUI.');
  }
  if (status && (status.status_str === 'error' || !status.completed)) {
    throw new ProviderError('no_output', 'ComfyUI could not finish the workflow.');
  }
  const made = filesOf(outputs[wanted]);
  const found = made.find(({ type }) => type === 'output') ?? made.at(0);
  if (found) return found;
  const others = Object.keys(outputs).filter((id) => filesOf(outputs[id]).length > 0);
  const instead = others.length > 0 ? `, but node ${others.join(', ')} did` : '';
  throw new ProviderError('no_output', shown(`Node ${wanted} of the workflow has made no file${instead}.`, key));
}

const filesOf = (made: HistoryEntry['outputs'][string] | undefined): ResultFile[] => [
  ...(made?.images ?? []),
  ...(made?.gifs ?? []),
  ...(made?.videos ?? []),
];

const message = z.tuple([z.string(), z.unknown()]).rest(z.unknown());

function messageNamed(messages: readonly unknown[], wanted: string): { data: unknown } | null {
  for (const one of messages) {
    const parsed = message.safeParse(one);
    if (parsed.success && parsed.data[0] === wanted) return { data: parsed.data[1] };
  }
  return null;
}

function failureIn(data: unknown): string {
  const parsed = failure.safeParse(data);
  if (!parsed.success) return 'A node of the workflow failed.';
  const { node_id, node_type, exception_type, exception_message } = parsed.data;
  const reason = exception_message.trim() || exception_type || 'it did not say why';
  return `${node_type || 'A node'} (node ${node_id}) failed: ${reason}`;
}
