import { options, quote } from '../contract/composer.ts';
import { models } from '../contract/models.ts';
import { choices, type Example, example } from './example.ts';

export const choiceExamples: readonly Example[] = [
  example(options, {
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
  }),
  example(models, {
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
  }),
  example(quote, {
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
  }),
];
