import type { Subject } from '../subject.ts';
import { comfyuiSubjects } from './comfyui.ts';
import { googleSubjects } from './google.ts';
import { openAiSubjects } from './openai.ts';
import { openRouterSubjects } from './openrouter.ts';
import { runwaySubjects } from './runway.ts';
import { serverSubjects } from './server.ts';

/** Every provider, one line for each adapter. */
export const subjects: readonly Subject[] = [
  ...openAiSubjects,
  ...googleSubjects,
  ...openRouterSubjects,
  ...runwaySubjects,
  ...serverSubjects,
  ...comfyuiSubjects,
];
