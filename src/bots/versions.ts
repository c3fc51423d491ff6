import type { Tx } from '../db/client.ts';
import { familyOf } from '../db/family.ts';
import { loadRuns, type RunView } from '../db/runs.ts';
import type { RunId } from '../domain.ts';
import { listable } from './actions/permission.ts';
import type { Button, Card, Entry } from './card.ts';
import type { CommandRequest } from './commands/request.ts';
import { shortId } from './runCard.ts';
import type { Text } from './text.ts';

/** The runs that were made of one another, as far as a member may list them, from the oldest. Their numbers count from 1. */
export type Versions = readonly RunId[];

/** How many versions a card lists. */
const maxListed = 10;

export const versionsOf = async (
  tx: Tx,
  { id, workspaceId }: Pick<RunView['run'], 'id' | 'workspaceId'>,
  memberId: string | undefined,
): Promise<Versions> => await familyOf(tx, { id, workspaceId, memberId });

/** The number of a version. Null if it is not among those that the member may list, or if there is no other. */
export function versionIn(versions: Versions, id: RunId | null): number | null {
  const index = id === null ? -1 : versions.indexOf(id);
  return index < 0 || versions.length < 2 ? null : index + 1;
}

/** A run's own number, and the number of the version of which it was made, as the requester counts them. */
export async function numbersOf({ services, member }: CommandRequest, { run }: RunView) {
  const versions = await versionsOf(services.db, run, listable(member));
  return { versions, own: versionIn(versions, run.id), parentVersion: versionIn(versions, run.parentId) };
}

/** The card of a run with the versions of its picture, and with a way back to each of them. */
export async function withVersions(tx: Tx, card: Card, view: RunView, versions: Versions, text: Text): Promise<Card> {
  if (versions.length < 2) return card;
  const listed = versions.slice(-maxListed);
  const views = await loadRuns(tx, listed);
  const { title, label, shown, back } = text.runs.versions;
  const entries = views.map((one): Entry => {
    const number = versionIn(versions, one.run.id) ?? 1;
    const isShown = one.run.id === view.run.id;
    return {
      at: one.run.createdAt,
      label: label(number, shortId(one.run.id)),
      text: text.measures.few(one.run.prompt, 40),
      aside: isShown ? shown : text.runs.states[one.run.state],
      media: [],
    };
  });
  const ways = views.flatMap(({ run }): Button[] =>
    run.id === view.run.id
      ? []
      : [
          {
            action: 'show',
            runId: run.id,
            label: back(versionIn(versions, run.id) ?? 1),
            style: 'plain',
            place: 'menu',
          },
        ],
  );
  return {
    ...card,
    blocks: [...card.blocks, { kind: 'entries', heading: title, entries }],
    buttons: [...card.buttons.filter(({ action }) => action !== 'show'), ...ways],
  };
}
