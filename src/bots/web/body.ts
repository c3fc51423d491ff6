import type { Context } from 'hono';

export type ReadBody = { outcome: 'read'; value: unknown } | { outcome: 'not_json' | 'malformed' | 'too_large' };

/**
 * Reads a JSON body of at most `maxBytes`. Only a body declared as JSON is read, because a form on another site cannot declare
 * that.
 */
export async function readBody(context: Context, maxBytes: number): Promise<ReadBody> {
  const type = context.req.header('content-type') ?? '';
  const { body } = context.req.raw;
  if (!/^application\/json\s*(;|$)/i.test(type)) return { outcome: 'not_json' };
  if (Number(context.req.header('content-length') ?? 0) > maxBytes) return { outcome: 'too_large' };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (body) {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return { outcome: 'too_large' };
      chunks.push(chunk);
    }
  }
  try {
    return {
      outcome: 'read',
      value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))),
    };
  } catch {
    return { outcome: 'malformed' };
  }
}
