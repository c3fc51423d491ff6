import { z } from 'zod';
import { isStorable, tokenScopes } from '../../../domain.ts';
import { moment } from './fields.ts';

export const token = z
  .object({
    id: z.uuid(),
    label: z.string(),
    scope: z.enum(tokenScopes),
    lastFour: z.string(),
    createdAt: moment,
    lastUsedAt: moment.nullable(),
  })
  .meta({ id: 'Token' });
export const tokenList = z.object({ tokens: z.array(token) }).meta({ id: 'Tokens' });
export const newToken = z
  .object({ scope: z.enum(tokenScopes), label: z.string().max(80).refine(isStorable).default('') })
  .meta({ id: 'NewToken' });
export const tokenMade = z
  .object({
    success: z.literal(true),
    token: z.string().meta({ description: 'The token, shown this once' }),
    tokens: z.array(token),
  })
  .meta({ id: 'TokenMade' });
