import { canceled, executeBody, executed, status } from '../contract/programs.ts';
import { type Example, example, id, media, queue } from './example.ts';

export const programExamples: readonly Example[] = [
  example(executeBody, {
    config: {
      initialPrompt: 'a fox in the snow',
      workflowType: 'complete',
      imageConfig: { style: 'vivid', quality: 'hd', size: '1792x1024' },
      videoConfig: { duration: 8, resolution: '1080p', generateAudio: true },
    },
  }),
  example(executed, { success: true, workflowId: id, estimatedCost: 24, estimatedDuration: 65, queue }),
  example(status, {
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
  }),
  example(canceled, { success: true, workflowId: id, status: 'CANCELLED', held: 24, released: 18, captured: 6 }),
];
