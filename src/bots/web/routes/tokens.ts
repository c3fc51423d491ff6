import type { z } from 'zod';
import { type ApiToken, createToken, listTokens, revokeToken } from '../../../db/auth.ts';
import type { Caller } from '../authenticate.ts';
import { idParams } from '../contract/fields.ts';
import { newToken, type token, tokenList, tokenMade } from '../contract/tokens.ts';
import type { WebDeps } from '../deps.ts';
import { type Endpoint, endpoint, nothing } from '../endpoint.ts';
import { problem } from '../problem.ts';
import { noSuchRun } from '../request.ts';

const list = endpoint({
  method: 'get',
  path: '/api/tokens',
  access: 'admin',
  summary: 'The tokens that open this API for programs; never the tokens themselves',
  given: nothing,
  answers: { 200: tokenList },
  answer: async ({ deps, caller }) => ({ status: 200, body: { tokens: await presentTokens(deps, caller) } }),
});

const presentTokens = async ({ services }: WebDeps, { workspace }: Caller) =>
  (await listTokens(services.db, workspace.id)).map(presentToken);

const presentToken = ({ id, label, scope, lastFour, createdAt, lastUsedAt }: ApiToken): z.infer<typeof token> => ({
  id,
  label,
  scope,
  lastFour,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

const make = endpoint({
  method: 'post',
  path: '/api/tokens',
  access: 'admin',
  summary:
    'Make a token. It is in this answer, and nowhere else. Only people make tokens, and no more powerful than they are.',
  given: { ...nothing, body: newToken },
  answers: { 200: tokenMade },
  refuses: [403],
  answer: async ({ deps, caller, text, body }) => {
    // A stolen token must not make other tokens that outlive it.
    if (caller.by === 'token') return { refused: problem('people_only', text) };
    // No admin of a workspace may change its own balance, not even through a token.
    if (body.scope === 'operator' && caller.scope !== 'operator') return { refused: problem('operators_only', text) };
    const label = body.label.trim() === '' ? text.web.tokens.unnamed : body.label.trim();
    const wish = { workspaceId: caller.workspace.id, scope: body.scope, label, createdBy: caller.member.id };
    const made = await createToken(deps.services.db, wish);
    return { status: 200, body: { success: true, token: made.words, tokens: await presentTokens(deps, caller) } };
  },
});

const revoke = endpoint({
  method: 'delete',
  path: '/api/tokens/{id}',
  access: 'admin',
  summary: 'Revoke a token: it opens nothing any more, at once',
  given: { ...nothing, params: idParams },
  answers: { 200: tokenList },
  refuses: [404],
  answer: async ({ deps, caller, text, params }) => {
    if (!(await revokeToken(deps.services.db, caller.workspace.id, params.id, caller.member.id)))
      return noSuchRun(text);
    return { status: 200, body: { tokens: await presentTokens(deps, caller) } };
  },
});

export const tokenEndpoints: readonly Endpoint[] = [list, make, revoke];
