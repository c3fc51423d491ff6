import type { z } from 'zod';
import { keyBody, keyChanged, keyList, type key as keyShape, validateBody, validated } from '../contract/keys.ts';
import { members, session, signedOut } from '../contract/session.ts';
import { settingsBody, settingsState } from '../contract/settings.ts';
import { newToken, tokenList, tokenMade, type token as tokenShape } from '../contract/tokens.ts';
import { asked, begun, type Example, example, id } from './example.ts';

const token: z.input<typeof tokenShape> = {
  id,
  label: 'nightly films',
  scope: 'member',
  lastFour: '9fce',
  createdAt: asked,
  lastUsedAt: null,
};

const key: z.input<typeof keyShape> = {
  provider: 'openai',
  name: 'OpenAI',
  stored: { lastFour: 'WXYZ', status: 'valid', statusWords: 'it works', checkedAt: begun, createdAt: asked },
};

const settings = { defaults: { style: 'anime' }, blockedWords: ['dragon'], channels: [], dailyRuns: 20 } as const;

export const accessExamples: readonly Example[] = [
  example(members, { members: [{ id: 'U024BE7LH', name: 'Ada' }] }),
  example(session, {
    workspace: { id: 'slack:T024BE7LD', name: 'Owls', platform: 'slack' },
    member: { id: 'token:0b8f6a52', name: 'nightly films' },
    scope: 'member',
    by: 'token',
    adminUntil: null,
    expiresAt: null,
    locale: 'en',
  }),
  example(signedOut, { success: true }),
  example(tokenList, { tokens: [token] }),
  example(newToken, { scope: 'member', label: 'nightly films' }),
  example(tokenMade, { success: true, token: 'vg_…', tokens: [token] }),
  example(keyList, { keys: [key, { provider: 'google', name: 'Google', stored: null }] }),
  example(validateBody, { provider: 'openai', apiKey: 'sk-…' }),
  example(validated, {
    success: true,
    provider: 'openai',
    valid: true,
    check: 'valid',
    detail: 'OpenAI: it works',
  }),
  example(keyBody, { apiKey: 'sk-…' }),
  example(keyChanged, { success: true, outcome: 'saved', detail: 'The OpenAI key …WXYZ is saved.', keys: [key] }),
  example(settingsBody, { defaults: { style: 'anime' }, dailyRuns: 20 }),
  example(settingsState, {
    ...settings,
    blockedWords: [...settings.blockedWords],
    channels: [],
    spoilers: false,
    mentions: true,
    castBy: 'members',
    results: 'off',
    allowedModels: [],
  }),
];
