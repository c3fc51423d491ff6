import { type ListedEntry, listCast } from '../../../db/cast.ts';
import { ensureWorkspace, settingsOf } from '../../../db/workspaces.ts';
import { maxCastEntries, maxCastImages } from '../../../domain.ts';
import { addCast, removeCast } from '../../../pipeline/castEntries.ts';
import type { Refusal } from '../../commands/refusal.ts';
import type { Caller } from '../authenticate.ts';
import { castChanged, castList, castParams, newCastEntry } from '../contract/cast.ts';
import { bytesOfDataUrl } from '../dataUrl.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { problem, refusalProblem } from '../problem.ts';
import { requestOf } from '../request.ts';

/** As many PNGs of 10 MB in base64, and the rest of the body. Bytes. */
const maxBodyBytes = maxCastImages * 14 * 1024 * 1024 + 64 * 1024;

function present({ links, services }: WebDeps, { member }: Caller, entry: ListedEntry) {
  const now = services.now();
  return {
    name: entry.name,
    kind: entry.kind,
    description: entry.description,
    addedBy: entry.addedByName,
    mayRemove: member.isAdmin || entry.addedBy === member.id,
    createdAt: entry.createdAt.toISOString(),
    images: entry.images.map(({ objectKey, width, height, bytes }) => {
      const url = links.sign(objectKey, now);
      return { url, thumbnailUrl: `${url}&thumbnail=1`, width, height, bytes };
    }),
  };
}

const list = endpoint({
  method: 'get',
  path: '/api/cast',
  access: 'member',
  summary: 'Who and what looks the same in every image: a prompt names it as @name',
  given: nothing,
  answers: { 200: castList },
  answer: async ({ deps, caller }) => {
    const { db } = deps.services;
    const [entries, { castBy }] = await Promise.all([
      listCast(db, caller.workspace.id),
      settingsOf(db, caller.workspace.id),
    ]);
    return {
      status: 200,
      body: {
        cast: entries.map((entry) => present(deps, caller, entry)),
        max: maxCastEntries,
        mayAdd: castBy === 'members' || caller.member.isAdmin,
      },
    };
  },
});

const add = endpoint({
  method: 'post',
  path: '/api/cast',
  access: 'member',
  summary: 'Add an entry. The header Idempotency-Key makes a repeated request one entry.',
  given: { ...nothing, body: newCastEntry },
  maxBodyBytes,
  answers: { 200: castChanged },
  refuses: [409, 422, 503],
  answer: async ({ deps, caller, text, context, signal, body }) => {
    const images = new Map<string, Uint8Array>();
    for (const [index, given] of body.images.entries()) {
      const bytes = bytesOfDataUrl(given);
      if (bytes === null) return { refused: problem('only_data_url', text, { facts: { option: 'images' } }) };
      images.set(String(index), bytes);
    }
    const idempotencyKey = context.req.header('idempotency-key');
    const request = requestOf(deps, caller, signal, { idempotencyKey, images });
    await ensureWorkspace(deps.services.db, caller.workspace, deps.services.freeCredits);
    const outcome = await addCast(deps.services, {
      workspace: caller.workspace,
      member: caller.member,
      requestKey: request.requestKey,
      name: body.name,
      kind: body.kind,
      description: body.description,
      images: [...images.keys()],
      openImage: request.openImage,
      mayUse: body.mayUse,
      signal,
    });
    switch (outcome.outcome) {
      case 'added':
      case 'repeated': {
        const { entry } = outcome;
        const detail = text.cast.card.added(entry?.name ?? body.name);
        return { status: 200, body: { success: true, detail, entry: entry && present(deps, caller, entry) } };
      }
      case 'admins_only':
        return { refused: problem('admins_only', text) };
      default: {
        const refusal: Refusal = { reason: 'cast', why: outcome };
        return { refused: refusalProblem(refusal, text) };
      }
    }
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/api/cast/{name}',
  access: 'member',
  summary: 'Remove an entry. What was made with it stays',
  given: { ...nothing, params: castParams },
  answers: { 200: castChanged },
  refuses: [403, 404],
  answer: async ({ deps, caller, text, params }) => {
    const { workspace, member } = caller;
    const outcome = await removeCast(deps.services, { workspace, member, name: params.name });
    if (outcome.outcome !== 'removed') return { refused: refusalProblem({ reason: 'cast', why: outcome }, text) };
    return { status: 200, body: { success: true, detail: text.cast.card.removed(outcome.entry.name), entry: null } };
  },
});

export const castEndpoints: readonly Endpoint[] = [list, add, remove];
