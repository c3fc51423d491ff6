import { runOptions } from '../../../src/domain.ts';

export type Way = {
  path: (runId: string) => string;
  body?: unknown;
  /**
   * The answer to a member of another workspace, which must contain nothing of this one. `own` answers concern the requester's
   * own workspace.
   */
  others: 404 | 'own' | 'stream';
};

const { style, quality } = runOptions.parse({});
const ask = { config: { initialPrompt: 'a boat', workflowType: 'image-only', imageConfig: { style, quality } } };

const words = { prompt: 'make it night' };

/** Every route of the API, and a request for it. `tests/e2e/web/isolation.test.ts` fails for a route that is missing here. */
export const ways: Record<string, Way> = {
  'post /api/workflow/execute': { path: () => '/api/workflow/execute', body: ask, others: 'own' },
  'get /api/workflow/status/{id}': { path: (id) => `/api/workflow/status/${id}`, others: 404 },
  'get /api/workflow/events/{id}': { path: (id) => `/api/workflow/events/${id}`, others: 404 },
  'post /api/workflow/cancel/{id}': { path: (id) => `/api/workflow/cancel/${id}`, others: 404 },
  'get /api/workflows': { path: (id) => `/api/workflows?cursor=${id}&member=ada&limit=100`, others: 'own' },
  'get /api/workflows/{id}': { path: (id) => `/api/workflows/${id}`, others: 404 },
  'post /api/workflows/{id}/again': { path: (id) => `/api/workflows/${id}/again`, body: {}, others: 404 },
  'post /api/workflows/{id}/animate': { path: (id) => `/api/workflows/${id}/animate`, others: 404 },
  'post /api/workflows/{id}/vary': { path: (id) => `/api/workflows/${id}/vary`, body: { step: 2 }, others: 404 },
  'post /api/workflows/{id}/better': { path: (id) => `/api/workflows/${id}/better`, body: {}, others: 404 },
  'post /api/workflows/{id}/change': { path: (id) => `/api/workflows/${id}/change`, body: words, others: 404 },
  'post /api/workflows/{id}/reanimate': { path: (id) => `/api/workflows/${id}/reanimate`, body: words, others: 404 },
  'post /api/workflows/{id}/remix': { path: (id) => `/api/workflows/${id}/remix`, body: words, others: 404 },
  'post /api/workflows/{id}/last-frame': { path: (id) => `/api/workflows/${id}/last-frame`, body: words, others: 404 },
  'post /api/workflows/{id}/ending': { path: (id) => `/api/workflows/${id}/ending`, body: words, others: 404 },
  'get /api/workflows/{id}/versions': { path: (id) => `/api/workflows/${id}/versions`, others: 404 },
  'post /api/workflows/{id}/extend': { path: (id) => `/api/workflows/${id}/extend`, body: {}, others: 404 },
  'post /api/workflows/{id}/continue': { path: (id) => `/api/workflows/${id}/continue`, others: 404 },
  'delete /api/workflows/{id}': { path: (id) => `/api/workflows/${id}`, others: 404 },
  'get /api/members': { path: () => '/api/members', others: 'own' },
  'get /api/events': { path: () => '/api/events', others: 'stream' },
  'get /api/options': { path: () => '/api/options', others: 'own' },
  'get /api/models': { path: () => '/api/models?workflow=image', others: 'own' },
  'get /api/quote': { path: () => '/api/quote?workflow=image', others: 'own' },
  'get /api/settings': { path: () => '/api/settings', others: 'own' },
  'put /api/settings': { path: () => '/api/settings', body: { defaults: {}, blockedWords: [] }, others: 'own' },
  'get /api/credits': { path: () => '/api/credits', others: 'own' },
  'get /api/credits/transactions': { path: () => '/api/credits/transactions', others: 'own' },
  'get /api/credits/transactions.csv': { path: () => '/api/credits/transactions.csv', others: 'own' },
  'get /api/credits/use': { path: () => '/api/credits/use', others: 'own' },
  'post /api/credits/deduct': { path: () => '/api/credits/deduct', body: { amount: 3 }, others: 'own' },
  'post /api/credits/grant': { path: () => '/api/credits/grant', body: { amount: 3 }, others: 'own' },
  'get /api/workflows/{id}/media.zip': { path: (id) => `/api/workflows/${id}/media.zip`, others: 404 },
  'get /api/tokens': { path: () => '/api/tokens', others: 'own' },
  'post /api/tokens': { path: () => '/api/tokens', body: { scope: 'member' }, others: 'own' },
  'delete /api/tokens/{id}': { path: (id) => `/api/tokens/${id}`, others: 404 },
  'get /api/keys': { path: () => '/api/keys', others: 'own' },
  'post /api/user/api-keys/validate': {
    path: () => '/api/user/api-keys/validate',
    body: { provider: 'openai', apiKey: 'no key' },
    others: 'own',
  },
  'put /api/keys/{provider}': { path: () => '/api/keys/openai', body: { apiKey: 'no key' }, others: 'own' },
  'delete /api/keys/{provider}': { path: () => '/api/keys/google', others: 'own' },
  'get /api/cast': { path: () => '/api/cast', others: 'own' },
  'post /api/cast': { path: () => '/api/cast', body: { name: 'fox', images: [], mayUse: true }, others: 'own' },
  'delete /api/cast/{name}': { path: () => '/api/cast/nobody', others: 404 },
  'get /api/session': { path: () => '/api/session', others: 'own' },
  'delete /api/session': { path: () => '/api/session', others: 'own' },
};

export const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
