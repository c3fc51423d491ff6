import { png } from './call.ts';
import { json, type Stub, startStub } from './server.ts';

export type OpenAiStub = Stub & { image: { bytes: Buffer } };

export const imageUsage = {
  input_tokens: 60,
  output_tokens: 1_000,
  total_tokens: 1_060,
  input_tokens_details: { text_tokens: 60, image_tokens: 0 },
};
/** The parts of OpenAI that the usual stand-in lacks: models with shutdown dates, and any error body. */
export async function startOpenAi(): Promise<OpenAiStub> {
  const image = { bytes: png };
  const stub = await startStub(({ path }, response) => {
    if (path === '/v1/models') {
      return json(response, 200, {
        object: 'list',
        data: [
          { id: 'gpt-image-2.6-flare', object: 'model', created: 1, owned_by: 'openai', shutdown_date: null },
          { id: 'gpt-image-1.5', object: 'model', created: 1, owned_by: 'openai', shutdown_date: '2026-12-01' },
        ],
      });
    }
    if (path === '/v1/images/generations') {
      return json(response, 200, {
        created: 1,
        data: [{ b64_json: image.bytes.toString('base64') }],
        usage: imageUsage,
      });
    }
    if (path === '/v1/moderations') {
      return json(response, 200, {
        id: 'modr-1',
        model: 'omni-moderation-latest',
        results: [{ flagged: false, categories: {} }],
      });
    }
    if (path === '/v1/responses')
      return json(response, 200, responsesAnswer({ image: 'a still fox', motion: 'it runs' }));
    return json(response, 404, { error: { message: 'no such path', code: 'not_found' } });
  });
  return Object.assign(stub, { image });
}

/** An answer of the Responses API with one message of this content. */
export function responsesAnswer(content: unknown, extra: Record<string, unknown> = {}): unknown {
  const part =
    typeof content === 'object' && content !== null && 'refusal' in content
      ? { type: 'refusal', ...content }
      : { type: 'output_text', annotations: [], text: JSON.stringify(content) };
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-6-luna',
    output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }],
    usage: { input_tokens: 400, input_tokens_details: { cached_tokens: 100 }, output_tokens: 200, total_tokens: 600 },
    ...extra,
  };
}
