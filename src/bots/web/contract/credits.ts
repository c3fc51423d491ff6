import { z } from 'zod';
import { isStorable, transactionKinds } from '../../../domain.ts';
import { credits, moment } from './fields.ts';

export const account = z.object({ balance: credits, held: credits }).meta({ id: 'Account' });

export const creditsState = z
  .object({ balance: credits, held: credits, used: z.object({ day: credits, week: credits, month: credits }) })
  .meta({ id: 'Credits' });

export const transaction = z
  .object({
    id: z.int(),
    at: moment,
    kind: z.enum(transactionKinds),
    amount: credits.meta({ description: 'Always what moved; `kind` says in which direction' }),
    balanceAfter: credits,
    heldAfter: credits,
    workflowId: z.uuid().nullable().meta({ description: "null: about no run, or, for a member, about another's" }),
    note: z.string(),
  })
  .meta({ id: 'Transaction' });

export const transactionPage = z
  .object({ transactions: z.array(transaction), nextCursor: z.string().nullable() })
  .meta({ id: 'TransactionPage' });

export const transactionsCsv = z.string();

export const transactionQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .meta({ examples: ['41'] }),
});

export const useQuery = z.object({ days: z.coerce.number().int().min(1).max(366).default(30) });
export const use = z
  .object({
    days: z.array(z.object({ day: z.iso.date(), credits })).meta({ description: 'Every day, the oldest first' }),
    members: z
      .array(z.object({ id: z.string().nullable(), name: z.string(), credits }))
      .meta({ description: 'For a member: they themselves, and all others together' }),
  })
  .meta({ id: 'Use' });

export const deductBody = z
  .object({ amount: z.int().min(1).max(1_000_000), reason: z.string().max(200).refine(isStorable).default('') })
  .meta({ id: 'Deduct' });
export const deducted = z
  .object({ success: z.literal(true), deducted: credits, balance: credits, repeated: z.boolean() })
  .meta({ id: 'Deducted' });

export const grantBody = z
  .object({ amount: z.int().min(1).max(1_000_000), note: z.string().trim().max(200).refine(isStorable).default('') })
  .meta({ id: 'Grant' });
export const granted = z
  .object({ success: z.literal(true), granted: credits, balance: credits, repeated: z.boolean(), detail: z.string() })
  .meta({ id: 'Granted' });
