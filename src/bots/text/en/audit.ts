import { z } from 'zod';
import type { ListedChange } from '../../../db/audit.ts';

/** Texts of `vidgenie audit`, for the operator. */

export const describe = 'show who changed what: settings, keys, credits, API tokens, runs and purges, the newest first';
export const options = {
  workspace: 'only changes of this workspace',
  since: 'only changes since then: a date, a time (2026-11-29T08:00Z), or how long ago (90m, 24h, 7d)',
  actor: 'only changes by this actor: operator, vidgenie, token:<id>, or the id of a member',
  action: 'only changes of this kind',
  limit: 'how many at most (50)',
  before: 'only changes before this one, by its number: the next page',
  csv: 'print CSV',
};

export const none = 'Nobody changed anything like that.';
export const badSince = (given: string): string =>
  `"${given}" is no time: write 2026-11-29, 2026-11-29T08:00Z, or how long ago, for example 24h or 7d.`;
export const badAction = (given: string, actions: readonly string[]): string =>
  `"${given}" is no kind of change: ${actions.join(', ')} are.`;
export const oneFormat = 'Either --json or --csv, not both.';
export const more = (id: number): string => `There may be more: add --before ${id}.`;

export const columns = ['number', 'when (UTC)', 'workspace', 'actor', 'change', 'what'];

/** The actor as it is written after `--actor`. */
export const actor = (stored: string | null): string =>
  stored === null ? 'vidgenie' : stored === 'local' ? 'operator' : stored;

const shownActor = ({ actor: stored, actorLabel }: ListedChange): string => {
  const short = actor(stored).replace(/^(token:[0-9a-f]{8}).*/, '$1');
  return actorLabel === '' ? short : `${short} (${actorLabel})`;
};

export const row = (change: ListedChange): string[] => [
  String(change.id),
  change.at.toISOString().replace('T', ' ').slice(0, 19),
  change.workspace,
  shownActor(change),
  change.action.replaceAll('_', ' '),
  what(change),
];

const settings = z.object({
  changes: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
});
const wordCount = z.object({ added: z.number(), removed: z.number(), words: z.number() });
const key = z.object({ provider: z.string(), lastFour: z.string(), note: z.string() });
const credits = z.object({ amount: z.number(), balance: z.number() });
const token = z.object({ scope: z.string(), lastFour: z.string() });

/** Says what a change was, in one line. */
export function what({ action, subject, subjectName, details }: ListedChange): string {
  const named = subjectName === '' ? '' : `: ${subjectName}`;
  switch (action) {
    case 'settings_changed':
      return settings
        .parse(details)
        .changes.map(({ field, before, after }) => `${field}: ${fieldChange(before, after)}`)
        .join('; ');
    case 'key_set':
    case 'key_removed':
    case 'key_rotated': {
      const { provider, lastFour, note } = key.parse(details);
      return `${provider} …${lastFour}${note === '' ? '' : ` (${note})`}`;
    }
    case 'credits_granted':
    case 'credits_adjusted': {
      const { amount, balance } = credits.parse(details);
      return `balance ${balance} (${amount > 0 ? '+' : ''}${amount})${named}`;
    }
    case 'token_created':
    case 'token_revoked': {
      const { scope, lastFour } = token.parse(details);
      return `${scope} …${lastFour}${named}`;
    }
    case 'cast_removed':
      return subjectName === '' ? `entry ${short(subject)}` : `@${subjectName}`;
    case 'run_failed':
      return `run ${short(subject)}, ${z.object({ capturedCredits: z.number() }).parse(details).capturedCredits} credits paid`;
    case 'run_retried':
      return `run ${short(subject)} as ${short(z.object({ run: z.string() }).parse(details).run)}`;
    case 'bot_removed':
      return z.object({ note: z.string() }).parse(details).note;
    case 'workspace_purged':
      return `${z.object({ runs: z.number() }).parse(details).runs} runs`;
  }
}

const short = (id: string | null): string => (id ?? '').slice(0, 8);

function fieldChange(before: unknown, after: unknown): string {
  const count = wordCount.safeParse(after);
  if (count.success) return `${count.data.added} added, ${count.data.removed} removed, ${count.data.words} in all`;
  return `${JSON.stringify(before)} → ${JSON.stringify(after)}`;
}
