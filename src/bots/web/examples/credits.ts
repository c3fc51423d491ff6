import {
  creditsState,
  deductBody,
  deducted,
  grantBody,
  granted,
  transactionPage,
  transactionsCsv,
  use,
} from '../contract/credits.ts';
import { asked, type Example, example, id } from './example.ts';

export const creditExamples: readonly Example[] = [
  example(creditsState, { balance: 76, held: 24, used: { day: 24, week: 96, month: 310 } }),
  example(transactionPage, {
    transactions: [
      { id: 42, at: asked, kind: 'hold', amount: 24, balanceAfter: 76, heldAfter: 24, workflowId: id, note: '' },
      { id: 41, at: asked, kind: 'hold', amount: 6, balanceAfter: 100, heldAfter: 6, workflowId: null, note: '' },
    ],
    nextCursor: '41',
  }),
  example(
    transactionsCsv,
    `id,at,kind,amount,balanceAfter,heldAfter,workflowId,note\n42,${asked},hold,24,76,24,${id},\n`,
  ),
  example(use, {
    days: [{ day: '2026-11-23', credits: 24 }],
    members: [
      { id: 'U024BE7LH', name: 'Ada', credits: 18 },
      { id: null, name: 'Everybody else', credits: 6 },
    ],
  }),
  example(deductBody, { amount: 5, reason: 'a print of the fox' }),
  example(deducted, { success: true, deducted: 5, balance: 71, repeated: false }),
  example(grantBody, { amount: 50, note: 'for the exhibition' }),
  example(granted, {
    success: true,
    granted: 50,
    balance: 126,
    repeated: false,
    detail: '50 credits added: 126 left.',
  }),
];
