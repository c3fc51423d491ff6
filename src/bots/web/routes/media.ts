import { shortId } from '../../runCard.ts';
import { idParams } from '../contract/fields.ts';
import { mediaZip } from '../contract/run.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { madeBy } from '../present.ts';
import { findSeen, noSuchRun } from '../request.ts';
import { zipped } from '../zip.ts';

const everything = endpoint({
  method: 'get',
  path: '/api/workflows/{id}/media.zip',
  access: 'member',
  summary: 'Everything that a run made, as one ZIP archive',
  given: { ...nothing, params: idParams },
  answers: { 200: mediaZip },
  stream: 'application/zip',
  refuses: [404],
  answer: async ({ deps, caller, text, params }) => {
    const view = await findSeen(deps, caller, params.id);
    const made = view ? madeBy(view) : [];
    if (made.length === 0) return noSuchRun(text);
    const { store } = deps.services;
    const chunks = zipped(
      made.map(({ objectKey, createdAt }) => ({
        name: objectKey.split('/').at(-1) ?? objectKey,
        at: createdAt,
        open: () => store.open(objectKey),
      })),
    );
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return(undefined);
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'application/zip',
        'content-disposition': `attachment; filename="vidgenie-${shortId(params.id)}.zip"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  },
});

export const mediaEndpoints: readonly Endpoint[] = [everything];
