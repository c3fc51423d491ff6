import { z } from 'zod';
import { vendors } from '../../../domain.ts';
import { moment } from './fields.ts';

export const providerParams = z.object({ provider: z.enum(vendors) });
const checks = ['valid', 'invalid', 'no_permission', 'out_of_quota', 'unreachable'] as const;

export const validateBody = z
  .object({ provider: z.enum(vendors), apiKey: z.string().min(1).max(400) })
  .meta({ id: 'ValidateKey' });
export const validated = z
  .object({
    success: z.literal(true),
    provider: z.enum(vendors),
    valid: z.boolean(),
    check: z.enum(checks),
    detail: z.string(),
  })
  .meta({ id: 'ValidatedKey' });
export const keyBody = z.object({ apiKey: z.string().min(1).max(400) }).meta({ id: 'NewKey' });

export const key = z
  .object({
    provider: z.enum(vendors),
    name: z.string(),
    stored: z
      .object({
        lastFour: z.string(),
        status: z.enum(['unchecked', ...checks]),
        statusWords: z.string(),
        checkedAt: moment.nullable(),
        createdAt: moment,
      })
      .nullable(),
  })
  .meta({ id: 'Key' });
export const keyList = z.object({ keys: z.array(key) }).meta({ id: 'Keys' });
export const keyChanged = z
  .object({
    success: z.literal(true),
    outcome: z.enum(['saved', 'removed', 'nothing_there']),
    detail: z.string(),
    keys: z.array(key),
  })
  .meta({ id: 'KeyChanged' });
