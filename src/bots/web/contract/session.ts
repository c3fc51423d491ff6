import { z } from 'zod';
import { locales } from '../../text.ts';
import { moment } from './fields.ts';

export const session = z
  .object({
    workspace: z.object({ id: z.string(), name: z.string(), platform: z.string() }),
    member: z.object({ id: z.string(), name: z.string() }),
    scope: z.enum(['member', 'admin', 'operator']),
    by: z.enum(['token', 'session', 'local']),
    adminUntil: moment
      .nullable()
      .meta({ description: 'An admin of a chat is one here for an hour, then asks for a new link' }),
    expiresAt: moment.nullable(),
    locale: z.enum(locales),
  })
  .meta({ id: 'Session' });

export const signedOut = z.object({ success: z.literal(true) }).meta({ id: 'SignedOut' });

export const members = z
  .object({ members: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: 'Members' });
