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
export const exampleOfParameter: Readonly<Record<string, string | number | boolean | readonly string[]>> = {
  id: '0b8f6a52-7c1e-4d0a-9a55-2f4c1d0e8b17',
  name: 'fox',
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
  variants: 1,
  scenes: 4,
  cut: 'hard',
  frames: 4,
  reference: false,
  models: ['gpt-image-2.6-flare', 'gemini-omni-1.2-flash'],
  maxCredits: 6,
};

const id = String(exampleOfParameter.id);
const [asked, begun, ended] = ['2026-11-23T12:00:00.000Z', '2026-11-23T12:00:01.250Z', '2026-11-23T12:01:04.500Z'];
const media = (file: string) => `/media/runs/${id}/${file}?expires=1795953600&signature=Zm94`;
const choices: z.input<typeof shapes.runChoices> = {
  style: 'vivid',
  quality: 'hd',
  aspect: 'wide',
  duration: 8,
  resolution: '1080p',
  audio: true,
  variants: 1,
  scenes: 4,
  cut: 'hard',
  frames: 1,
  change: 'picture',
  motion: null,
  models: ['gemini-omni-1.2-flash'],
};
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
    { name: 'enhance', number: 1, scene: null, status: 'COMPLETED', progress: 100 },
    { name: 'image', number: 2, scene: null, status: 'COMPLETED', progress: 100 },
    { name: 'video', number: 3, scene: null, status: 'RUNNING', progress: 48 },
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
  step: 2,
  isResult: true,
  url: media('image-3fa9c1d2.png'),
  downloadUrl: `${media('image-3fa9c1d2.png')}&download=1`,
  thumbnailUrl: `${media('image-3fa9c1d2.png')}&thumbnail=1`,
  previewUrl: `${media('image-3fa9c1d2.png')}&thumbnail=large`,
  mime: 'image/png',
  width: 2048,
  height: 1152,
  seconds: null,
  bytes: 2_403_117,
  flagged: null,
} as const;

const step = {
  number: 2,
  label: 'Image',
  kind: 'image',
  inputs: [1],
  scene: null,
  variant: null,
  seconds: null,
  isExtension: false,
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
  insteadOf: null,
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
  steps: [{ ...step, inputs: [...step.inputs] }],
  media: [image],
  actions: ['again', 'edit', 'animate', 'change', 'vary', 'remix', 'delete'],
  choices: [],
  downloadUrl: image.downloadUrl,
  parentId: null,
  parentStep: null,
  cast: [],
  prices: {
    again: 6,
    animate: 18,
    vary: 5,
    better: null,
    change: 5,
    changeFilm: 23,
    remix: 6,
    lastFrame: null,
    ending: null,
    extend: null,
    continue: null,
    extendSeconds: null,
  },
  threadUrl: null,
};
show(shapes.run, run);
show(shapes.change, run);
show(shapes.runPage, { runs: [run], nextCursor: String(exampleOfParameter.cursor) });
show(shapes.againBody, { prompt: 'a fox in the rain' });
show(shapes.extendBody, { seconds: 8 });
show(shapes.choiceBody, { step: 3 });
show(shapes.wordsBody, { prompt: 'make it night' });
show(shapes.versions, {
  versions: [
    {
      number: 1,
      id,
      workflow: 'image',
      state: 'succeeded',
      prompt: 'a fox in the snow',
      createdAt: asked,
      parentId: null,
      parentStep: null,
      medium: image,
    },
    {
      number: 2,
      id: '5f0e7a34-95ab-4f0c-8d43-1f8c1b9a7c22',
      workflow: 'edit',
      state: 'running',
      prompt: 'make it night',
      createdAt: ended,
      parentId: id,
      parentStep: 2,
      medium: null,
    },
  ],
});
show(shapes.started, { success: true, run, balance: 94 });
show(shapes.deleted, {
  success: true,
  detail: 'What it made is gone from the store. What it cost stays in the ledger.',
});
show(shapes.members, { members: [{ id: 'U024BE7LH', name: 'Ada' }] });
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
      references: 14,
      steps: [
        {
          kind: 'image',
          provider: 'openai-image',
          model: 'gpt-image-2.6-flare',
          title: 'gpt-image-2.6-flare',
          maker: 'OpenAI',
        },
      ],
      modelChoice: true,
    },
  ],
  defaults: choices,
  labels: { style: 'How it looks', aspect: 'Its shape' },
  image: { maxBytes: 10_485_760, maxSide: 4096 },
  maxPromptLength: 4000,
});
show(shapes.models, {
  workflow: 'video',
  kinds: [
    {
      kind: 'video',
      models: [
        {
          id: 'gemini-omni-1.2-flash',
          title: 'Gemini Omni 1.2 Flash',
          provider: 'google',
          maker: 'Google',
          seconds: [3, 4, 5, 6, 7, 8],
          durations: [3, 4, 5, 6, 7, 8, 9, 10],
          resolutions: ['720p', '1080p', '4k'],
          aspects: ['wide', 'tall'],
          qualities: [],
          references: 6,
          lastFrame: true,
          extension: { seconds: [3, 4, 5], maxSeconds: 30, resolutions: ['720p'] },
          keySource: 'operator',
          isDefault: true,
          isAllowed: true,
          priceCredits: 18,
        },
      ],
    },
  ],
  aliases: [{ name: 'fast', models: ['gemini-omni-1.2-flash'] }],
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
const castEntry: z.input<typeof shapes.castEntry> = {
  name: 'fox',
  kind: 'character',
  description: 'A red fox with a white tip of its tail',
  addedBy: 'Ada',
  mayRemove: true,
  createdAt: asked,
  images: [
    {
      url: '/media/cast/8c4f1e5a-1f6b-8a30-8b1c-7d2e9f0a4b6c/1-3fa9c1d2.png?expires=1795953600&signature=Zm94',
      thumbnailUrl:
        '/media/cast/8c4f1e5a-1f6b-8a30-8b1c-7d2e9f0a4b6c/1-3fa9c1d2.png?expires=1795953600&signature=Zm94&thumbnail=1',
      width: 1024,
      height: 1024,
      bytes: 1_203_117,
    },
  ],
};
show(shapes.castList, { cast: [castEntry], max: 50, mayAdd: true });
show(shapes.newCastEntry, {
  name: 'fox',
  kind: 'character',
  description: 'A red fox with a white tip of its tail',
  images: ['data:image/png;base64,…'],
  mayUse: true,
});
show(shapes.castChanged, { success: true, detail: '@fox is in the cast', entry: castEntry });
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
  castBy: 'members',
  results: 'off',
  allowedModels: [],
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
  410: refusalProblem({ reason: 'media_expired' }, text),
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
  503: problem('away', text),
};
