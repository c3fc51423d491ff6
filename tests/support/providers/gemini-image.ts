import { z } from 'zod';
import { png } from './call.ts';
import { pictureFormat } from './pictureFormat.ts';
import { json, type Stub, startStub } from './server.ts';

export type GeminiStub = Stub & {
  answer: unknown;
  /** The paths of the requests for which Google charges, in order. */
  billed: string[];
};

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

const picture = z.strictObject({
  inlineData: z
    .strictObject({ data: z.base64().min(1), mimeType: z.enum(['image/png', 'image/jpeg', 'image/webp']) })
    .refine(
      ({ data, mimeType }) => pictureFormat(Buffer.from(data, 'base64')) === mimeType,
      'Unable to process image.',
    ),
});
const text = z.strictObject({ text: z.string().min(1) });
const contents = z.tuple([
  z.strictObject({
    role: z.literal('user'),
    parts: z
      .array(z.union([picture, text]))
      .min(1)
      .max(15)
      .refine((all) => all.filter((one) => 'text' in one).length === 1, 'One prompt is expected.'),
  }),
]);
/** Requests as the vendor specifies them. An image model takes up to 14 pictures. */
const imageCreation = z.strictObject({
  contents,
  generationConfig: z.strictObject({
    responseModalities: z.tuple([z.literal('IMAGE')]),
    imageConfig: z.strictObject({
      aspectRatio: z.enum(['16:9', '9:16', '1:1']),
      imageSize: z.enum(['1K', '2K', '4K']),
    }),
  }),
});
const textCreation = z.strictObject({
  contents,
  systemInstruction: z.looseObject({ parts: z.array(text) }),
  generationConfig: z.strictObject({
    responseMimeType: z.literal('application/json'),
    responseJsonSchema: z.looseObject({ type: z.literal('object') }),
  }),
});

/** An answer of `generateContent` with this content as JSON. */
export const geminiTextAnswer = (content: unknown) => ({
  candidates: [{ finishReason: 'STOP', content: { role: 'model', parts: [{ text: JSON.stringify(content) }] } }],
  usageMetadata: { promptTokenCount: 400, candidatesTokenCount: 200 },
});

/** Google takes requests of at most 20 MB. */
const maxRequestBytes = 20_000_000;

/** Google's generateContent with an image model or a language model, and its list of models. */
export async function startGemini(): Promise<GeminiStub> {
  const stub: GeminiStub = Object.assign(
    await startStub(({ path, body, raw }, response) => {
      if (path.endsWith(':generateContent')) {
        if (raw.length > maxRequestBytes) {
          const message = `Request payload size exceeds the limit: ${maxRequestBytes} bytes.`;
          return json(response, 400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } });
        }
        const creation = /image|banana/.test(path) ? imageCreation : textCreation;
        const parsed = creation.safeParse(body);
        if (parsed.success) {
          stub.billed.push(path);
          return json(response, 200, stub.answer);
        }
        const message = z.prettifyError(parsed.error);
        return json(response, 400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } });
      }
      if (path.endsWith('/models')) {
        return json(response, 200, {
          models: [{ name: 'models/gemini-omni-1.2-flash' }, { name: 'models/gemini-nano-banana-2.1' }],
        });
      }
      return json(response, 404, { error: { code: 404, message: 'no such path', status: 'NOT_FOUND' } });
    }),
    { answer: geminiImageAnswer, billed: [] },
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
