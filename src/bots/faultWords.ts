import { isDatabaseAway } from '../db/failures.ts';
import type { Text } from './text.ts';

/** The words for a person whose request failed. */
export const faultWords = (
  error: unknown,
  text: Text,
  platform: 'discord' | 'slack',
): { title: string; text: string } => (isDatabaseAway(error) ? text.refusals.away : text[platform].fault);
