import type { ServerResponse } from 'node:http';
import { json, type Received, type Stub, startStub } from './server.ts';

export type OmniState = { status: string } & Record<string, unknown>;

export type OmniStub = Stub & {
  /** The states that successive polls of the interaction return. The last one stays. */
  states: OmniState[];
  /** The file to download. */
  file: { bytes: Buffer };
  /** Cuts the next downloads after this many bytes each. */
  cutAfter: number[];
  /** False: ignores range requests and sends the whole file again. */
  ranges: { honoured: boolean };
};

/** A file's address as Google writes it, whatever the address of the request was. */
export const fileUri = 'https://generativelanguage.googleapis.com/v1beta/files/video-1:download?alt=media';

const withVideo = (video: Record<string, unknown>): OmniState => ({
  status: 'completed',
  steps: [{ type: 'model_output', content: [{ type: 'video', mime_type: 'video/mp4', ...video }] }],
  usage: { total_input_tokens: 300, total_output_tokens: 50_000 },
});
export const completed = withVideo({ uri: fileUri });
export const completedInline = (bytes: Buffer) => withVideo({ data: bytes.toString('base64') });
/** This happens in practice: `completed`, without any content. */
export const completedEmpty: OmniState = { status: 'completed', steps: [] };
/** A refusal after rendering: completed, with text in place of the video. */
export const completedWithWords = (text: string): OmniState => ({
  status: 'completed',
  steps: [{ type: 'model_output', content: [{ type: 'text', text }] }],
});

/**
 * The parts of Google's Interactions API that a video needs: create, get, cancel, and the download of the file. Behind a
 * gateway, everything is below one path.
 */
export async function startOmni(below = ''): Promise<OmniStub> {
  const stub: OmniStub = Object.assign(
    await startStub((request, response) => {
      const { method } = request;
      const path = request.path.startsWith(`${below}/`) ? request.path.slice(below.length) : '';
      const interaction = (state: OmniState) =>
        json(response, 200, { id: 'it-1', created: '2026-11-23T12:00:00Z', ...state });
      if (method === 'POST' && path === '/v1beta/interactions') return interaction({ status: 'queued', steps: [] });
      if (method === 'POST' && path.endsWith('/interactions/it-1/cancel')) return interaction({ status: 'cancelled' });
      if (method === 'GET' && path.endsWith('/interactions/it-1')) {
        const [state] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
        return interaction(state ?? completed);
      }
      if (path === '/v1beta/files/video-1:download') return sendFile(stub, request, response);
      return json(response, 404, { error: { message: `no such path ${path}`, code: 'not_found' } });
    }),
    {
      states: [completed],
      file: { bytes: Buffer.from('a video of a fox') },
      cutAfter: [],
      ranges: { honoured: true },
    },
  );
  return stub;
}

function sendFile(stub: OmniStub, request: Received, response: ServerResponse): void {
  const { bytes } = stub.file;
  const from = stub.ranges.honoured ? Number(request.headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0) : 0;
  const rest = bytes.subarray(from);
  const headers = { 'content-type': 'video/mp4', 'content-length': String(rest.length) };
  if (from > 0)
    response.writeHead(206, { ...headers, 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
  else response.writeHead(200, headers);
  const cut = stub.cutAfter.shift();
  if (cut === undefined) return void response.end(rest);
  response.write(rest.subarray(0, cut), () => response.destroy());
}
