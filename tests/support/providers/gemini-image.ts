import { png } from './call.ts';
import { json, type Stub, startStub } from './server.ts';

export type GeminiStub = Stub & { answer: unknown };

export const geminiImageAnswer = {
  candidates: [
    {
      finishReason: 'STOP',
      content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: png.toString('base64') } }] },
    },
  ],
  usageMetadata: {
    promptTokenCount: 10,
    candidatesTokenCount: 1_120,
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1_120 }],
  },
};

/** Google's generateContent with an image model, and its list of models. */
export async function startGemini(): Promise<GeminiStub> {
  const stub: GeminiStub = Object.assign(
    await startStub(({ path }, response) => {
      if (path.endsWith(':generateContent')) return json(response, 200, stub.answer);
      if (path.endsWith('/models')) {
        return json(response, 200, {
          models: [{ name: 'models/gemini-omni-1.2-flash' }, { name: 'models/gemini-nano-banana-2.1' }],
        });
      }
      return json(response, 404, { error: { code: 404, message: 'no such path', status: 'NOT_FOUND' } });
    }),
    { answer: geminiImageAnswer },
  );
  return stub;
}

/** Google's answer to a bad key: 400, and the reason in the details. */
export const invalidGoogleKey = (message = 'API key not valid. Please pass a valid API key.') => ({
  error: {
    code: 400,
    message,
    status: 'INVALID_ARGUMENT',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
    ],
  },
});
