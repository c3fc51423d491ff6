import type { Hono } from 'hono';
import { isDatabaseAway } from '../../db/failures.ts';
import { takeHook } from '../../db/hooks.ts';
import { vendors } from '../../domain.ts';
import { createHookTokens } from '../../pipeline/hookTokens.ts';
import { textOf } from '../text.ts';
import type { WebDeps } from './deps.ts';
import { problem, problemResponse } from './problem.ts';

/** A vendor sends a few facts. VidGenie reads no more than this, and uses none of it. */
const maxBodyBytes = 64 * 1024;

/**
 * Takes `POST /hooks/<vendor>/<token>`: a vendor says that a step is over. The token alone says about which step, so the body is read
 * and thrown away. The step falls due, and a worker asks the vendor for the truth. A vendor repeats a call that is not answered with
 * 2xx, so every call with a token of ours is.
 */
export function mountHooks(app: Hono, { services, log }: WebDeps): void {
  const { db, meter, vault } = services;
  const tokens = createHookTokens(vault.keyring);
  app.post('/hooks/:vendor/:token', async (context) => {
    const vendor = vendors.find((one) => one === context.req.param('vendor'));
    const at = vendor ? tokens.read(vendor, context.req.param('token')) : null;
    if (!vendor || !at) {
      if (vendor) meter.hooked(vendor, 'refused');
      return problemResponse(problem('not_found', textOf('en')));
    }
    if (!(await isDrained(context.req.raw.body))) return problemResponse(problem('too_large', textOf('en')));
    try {
      meter.hooked(vendor, await takeHook(db, vendor, at));
      return new Response(null, { status: 204 });
    } catch (error) {
      if (!isDatabaseAway(error)) log.error({ error, vendor, runId: at.runId }, 'a hook could not be taken');
      return problemResponse({ ...problem('fault', textOf('en')), status: 503, headers: { 'retry-after': '5' } });
    }
  });
}

/** False if the body is too large. A body that breaks off says nothing, like every other. */
async function isDrained(body: ReadableStream<Uint8Array> | null): Promise<boolean> {
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > maxBodyBytes) return false;
    }
  } catch {
    return true;
  }
  return true;
}
