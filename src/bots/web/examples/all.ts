import type { z } from 'zod';
import { accessExamples } from './access.ts';
import { castExamples } from './cast.ts';
import { choiceExamples } from './choices.ts';
import { creditExamples } from './credits.ts';
import { programExamples } from './programs.ts';
import { runExamples } from './runs.ts';

const examples = new Map([
  ...programExamples,
  ...runExamples,
  ...choiceExamples,
  ...castExamples,
  ...creditExamples,
  ...accessExamples,
]);

/** The example of a schema in the OpenAPI document and in /api/docs. A test checks each against its schema. */
export const exampleOf = (schema: z.core.$ZodType): unknown => examples.get(schema);
