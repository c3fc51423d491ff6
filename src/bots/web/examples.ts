import type { z } from 'zod';
import { textOf } from '../text.ts';
import * as shapes from './contract.ts';
import { type Problem, problem, refusalProblem } from './problem.ts';

/**
 * The examples in the OpenAPI document and in /api/docs. The compiler checks each against its schema, and a test checks it again.
 */
const shown = new Map<z.core.$ZodType, unknown>();

const show = <Schema extends z.ZodType>(schema: Schema, example: z.input<Schema>): void => {
  shown.set(schema, example);
};

export const exampleOf = (schema: z.core.$ZodType): unknown => shown.get(schema);

/** Example values for path and query parameters. */
export const exampleOfParameter: Readonly<Record<string, string | number | boolean>> = {
  id: '0b8f6a52-7c1e-4d0a-9a55-2f4c1d0e8b17',
  provider: 'openai',
  cursor: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  search: 'fox',
  member: 'me',
  kind: 'video',
  state: 'succeeded',
  limit: 24,
  days: 30,
  workflow: 'complete',
  style: 'cinematic',
  quality: 'hd',
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
  maxCredits: 6,
};

const id = String(exampleOfParameter.id);
const [asked, begun, ended] = ['2026-11-23T12:00:00.000Z', '2026-11-23T12:00:01.250Z', '2026-11-23T12:01:04.500Z'];
const media = (file: string) => `/media/runs/${id}/${file}?expires=1795953600&signature=Zm94`;
const choices = {
  style: 'vivid',
  quality: 'hd',
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
} as const;
const queue = { ahead: 2, sentence: '2 runs are ahead of it.' };

show(shapes.executeBody, {
  config: {
    initialPrompt: 'a fox in the snow',
    workflowType: 'complete',
    imageConfig: { style: 'vivid', quality: 'hd', size: '1792x1024' },
    videoConfig: { duration: 8, resolution: '1080p', generateAudio: true },
  },
});
show(shapes.executed, { success: true, workflowId: id, estimatedCost: 24, estimatedDuration: 65, queue });
show(shapes.status, {
  success: true,
  workflowId: id,
  status: 'RUNNING',
  progress: 61,
  currentStep: 'Video Generation',
  step: 'video',
  steps: [
    { name: 'enhance', status: 'COMPLETED', progress: 100 },
    { name: 'image', status: 'COMPLETED', progress: 100 },
    { name: 'video', status: 'RUNNING', progress: 48 },
  ],
  estimatedTimeRemaining: 31,
  totalCost: 24,
  result: {
    enhancedPrompt: 'A red fox in deep snow at dawn, its breath visible, low golden light.',
    imageUrl: `https://vidgenie.example${media('image-3fa9c1d2.png')}`,
  },
});
show(shapes.canceled, { success: true, workflowId: id, status: 'CANCELLED', held: 24, released: 18, captured: 6 });

const image = {
  kind: 'image',
  step: 'image',
  url: media('image-3fa9c1d2.png'),
  downloadUrl: `${media('image-3fa9c1d2.png')}&download=1`,
  thumbnailUrl: `${media('image-3fa9c1d2.png')}&thumbnail=1`,
  previewUrl: `${media('image-3fa9c1d2.png')}&thumbnail=large`,
  mime: 'image/png',
  width: 2048,
  height: 1152,
  seconds: null,
  bytes: 2_403_117,
} as const;

const step = {
  label: 'Image',
  kind: 'image',
  state: 'done',
  note: '9.3 s',
  percent: 100,
  elapsedMs: 9_300,
  remainingMs: 0,
  provider: 'openai-image',
  model: 'gpt-image-2.6-flare',
  maker: 'OpenAI',
  keySource: 'operator',
  priceCredits: 5,
  startedAt: begun,
  finishedAt: '2026-11-23T12:00:10.550Z',
  failure: null,
} as const;

const run: z.input<typeof shapes.run> = {
  id,
  workflow: 'image',
  state: 'succeeded',
  stopping: false,
  title: 'Your image is ready',
  sentences: ['Done in 11 s.', '6 credits paid.'],
  queue: null,
  prompt: 'a fox in the snow',
  enhanced: { image: 'A red fox in deep snow at dawn.', motion: 'The fox turns its head; snow drifts.' },
  options: choices,
  member: { id: 'U024BE7LH', name: 'Ada' },
  mine: true,
  percent: 100,
  remainingMs: 0,
  priceCredits: 6,
  capturedCredits: 6,
  releasedCredits: 0,
  refundedCredits: 0,
  unreached: [],
  createdAt: asked,
  startedAt: begun,
  settledAt: ended,
  deletedAt: null,
  steps: [step],
  media: [image],
  actions: ['again', 'edit', 'animate', 'delete'],
  downloadUrl: image.downloadUrl,
  prices: { again: 6, animate: 18 },
  threadUrl: null,
};
show(shapes.run, run);
show(shapes.change, run);
show(shapes.runPage, { runs: [run], nextCursor: String(exampleOfParameter.cursor) });
show(shapes.againBody, { prompt: 'a fox in the rain' });
show(shapes.started, { success: true, run, balance: 94 });
show(shapes.deleted, {
  success: true,
  detail: 'What it made is gone from the store. What it cost stays in the ledger.',
});
show(shapes.members, { members: [{ id: 'U024BE7LH', name: 'Ada', runs: 12 }] });
show(shapes.options, {
  workflows: [
    {
      name: 'image',
      describe: 'Make an image from a few words',
      available: true,
      options: ['style', 'quality', 'aspect'],
      allowed: {
        style: ['vivid', 'natural', 'cinematic', 'anime', 'photo', 'watercolor'],
        quality: ['standard', 'hd'],
        aspect: ['wide', 'tall', 'square'],
        duration: [],
        resolution: [],
      },
      steps: [{ kind: 'image', provider: 'openai-image', model: 'gpt-image-2.6-flare', maker: 'OpenAI' }],
    },
  ],
  defaults: choices,
  labels: { style: 'How it looks', aspect: 'Its shape' },
  image: { maxBytes: 10_485_760, maxSide: 4096 },
  maxPromptLength: 4000,
});
show(shapes.quote, {
  workflow: 'complete',
  options: choices,
  priceCredits: 24,
  balance: 100,
  steps: [
    { kind: 'enhance', priceCredits: 1 },
    { kind: 'image', priceCredits: 5 },
    { kind: 'video', priceCredits: 18 },
  ],
  possible: true,
  sentence: null,
});
show(shapes.session, {
  workspace: { id: 'slack:T024BE7LD', name: 'Owls', platform: 'slack' },
  member: { id: 'token:0b8f6a52', name: 'nightly films' },
  scope: 'member',
  by: 'token',
  adminUntil: null,
  expiresAt: null,
  locale: 'en',
});
show(shapes.signedOut, { success: true });

show(shapes.creditsState, { balance: 76, held: 24, used: { day: 24, week: 96, month: 310 } });
show(shapes.transactionPage, {
  transactions: [
    { id: 42, at: asked, kind: 'hold', amount: 24, balanceAfter: 76, heldAfter: 24, workflowId: id, note: '' },
    { id: 41, at: asked, kind: 'hold', amount: 6, balanceAfter: 100, heldAfter: 6, workflowId: null, note: '' },
  ],
  nextCursor: '41',
});
show(
  shapes.transactionsCsv,
  `id,at,kind,amount,balanceAfter,heldAfter,workflowId,note\n42,${asked},hold,24,76,24,${id},\n`,
);
show(shapes.use, {
  days: [{ day: '2026-11-23', credits: 24 }],
  members: [
    { id: 'U024BE7LH', name: 'Ada', credits: 18 },
    { id: null, name: 'Everybody else', credits: 6 },
  ],
});
show(shapes.deductBody, { amount: 5, reason: 'a print of the fox' });
show(shapes.deducted, { success: true, deducted: 5, balance: 71, repeated: false });
show(shapes.grantBody, { amount: 50, note: 'for the exhibition' });
show(shapes.granted, {
  success: true,
  granted: 50,
  balance: 126,
  repeated: false,
  detail: '50 credits added: 126 left.',
});
show(shapes.mediaZip, 'PK…');

const token: z.input<typeof shapes.token> = {
  id,
  label: 'nightly films',
  scope: 'member',
  lastFour: '9fce',
  createdAt: asked,
  lastUsedAt: null,
};
show(shapes.tokenList, { tokens: [token] });
show(shapes.newToken, { scope: 'member', label: 'nightly films' });
show(shapes.tokenMade, { success: true, token: 'vg_…', tokens: [token] });

const key: z.input<typeof shapes.key> = {
  provider: 'openai',
  name: 'OpenAI',
  stored: { lastFour: 'WXYZ', status: 'valid', statusWords: 'it works', checkedAt: begun, createdAt: asked },
};
show(shapes.keyList, { keys: [key, { provider: 'google', name: 'Google', stored: null }] });
show(shapes.validateBody, { provider: 'openai', apiKey: 'sk-…' });
show(shapes.validated, {
  success: true,
  provider: 'openai',
  valid: true,
  check: 'valid',
  detail: 'OpenAI: it works',
});
show(shapes.keyBody, { apiKey: 'sk-…' });
show(shapes.keyChanged, { success: true, outcome: 'saved', detail: 'The OpenAI key …WXYZ is saved.', keys: [key] });
const settings = { defaults: { style: 'anime' }, blockedWords: ['dragon'], channels: [], dailyRuns: 20 } as const;
show(shapes.settingsBody, { defaults: { style: 'anime' }, dailyRuns: 20 });
show(shapes.settingsState, {
  ...settings,
  blockedWords: [...settings.blockedWords],
  channels: [],
  spoilers: false,
  mentions: true,
});

const text = textOf('en');

/** One refusal for each status, with its exact text. */
export const refusalExamples: Readonly<Record<number, Problem>> = {
  400: {
    status: 400,
    reason: 'bad_value',
    title: text.web.given.wrong('duration', '"long"'),
    detail: `${text.web.given.expected({ kind: 'whole_number', min: 1, max: 60 })} ${text.web.given.examples}`,
    facts: { option: 'duration', at: 'config.videoConfig.duration', min: 1, max: 60 },
  },
  401: problem('bad_token', text),
  402: refusalProblem({ reason: 'insufficient', priceCredits: 24, balance: 5, heldCredits: 0 }, text),
  403: problem('admins_only', text),
  404: problem('not_found', text),
  409: problem('key_reused', text),
  413: problem('too_large', text),
  415: problem('not_json', text),
  422: refusalProblem(
    {
      reason: 'unsupported',
      option: 'resolution',
      value: '4k',
      allowed: ['720p', '1080p'],
      model: 'gemini-omni-1.2-flash',
    },
    text,
  ),
  429: problem('too_fast', text),
  500: problem('fault', text),
  503: { ...problem('fault', text), status: 503 },
};
