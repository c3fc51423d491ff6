import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  castEntryOf,
  castNames,
  insertEntry,
  type ListedEntry,
  markEntryRemoved,
  type NewEntry,
  type NoRoom,
  wasInserted,
  whyNoRoom,
} from '../db/cast.ts';
import type { Db, Tx } from '../db/client.ts';
import { isDatabaseAway } from '../db/failures.ts';
import { settingsOf, type Workspace } from '../db/workspaces.ts';
import { type CastKind, type Member, maxCastDescription, maxCastImages, maxCastName } from '../domain.ts';
import { tidied } from '../plainText.ts';
import { nearestOf } from './cast.ts';
import type { AcceptedImage } from './media/input.ts';
import type { ReceivedFile } from './media/receive.ts';
import type { MediaStore } from './media/store.ts';
import { type ModerationDeps, type Objection, objectionToImage, objectionToWords } from './moderation.ts';
import { castName, isCastName } from './steps/cast.ts';

export type CastDeps = {
  db: Db;
  store: MediaStore;
  moderation: ModerationDeps;
  /** The folder that receives a member's images before they are stored. */
  temporaryDirectory: string;
};

/** An entry that a member wants to add. */
export type CastWish = {
  workspace: Workspace;
  member: Member;
  /** The platform's own identity of the form. A form that is delivered twice adds one entry. */
  requestKey: string;
  /** As the member typed it, with or without the @. */
  name: string;
  kind: CastKind;
  description: string;
  /** References that `openImage` resolves. */
  images: readonly string[];
  openImage: (reference: string) => Promise<string | Uint8Array | Readable | null>;
  /** Whether the member has said that they may use the likeness. */
  mayUse: boolean;
  signal: AbortSignal;
};

/** The reason why nothing was added. `number` counts the given images from 1; null means the words. */
export type NotAdded =
  /** Only admins of this workspace may add. */
  | { outcome: 'admins_only' }
  | { outcome: 'bad_name'; name: string; max: number }
  | { outcome: 'long_description'; length: number; max: number }
  | { outcome: 'likeness' }
  | { outcome: 'image_count'; count: number; max: number }
  | Exclude<NoRoom, { outcome: 'repeated' }>
  | { outcome: 'bad_image'; number: number; reason: ImageFault; detail: string }
  | { outcome: 'objection'; number: number | null; objection: Objection };

type ImageFault = Extract<AcceptedImage, { outcome: 'refused' }>['reason'];

/** `repeated`: the same form was delivered before. The entry is null if somebody has removed it since. */
export type AddOutcome =
  | { outcome: 'added'; entry: ListedEntry }
  | { outcome: 'repeated'; entry: ListedEntry | null }
  | NotAdded;

/**
 * Adds an entry to a workspace's cast. Cheap checks come before images are decoded and moderated. The images are stored before
 * the row is inserted, so that a prompt never names an entry without them.
 */
export async function addCast(deps: CastDeps, wish: CastWish): Promise<AddOutcome> {
  const { workspace, member } = wish;
  const { castBy, blockedWords } = await settingsOf(deps.db, workspace.id);
  if (castBy === 'admins' && !member.isAdmin) return { outcome: 'admins_only' };
  const words = wordsOf(wish);
  if (words.outcome !== 'read') return words;
  const { name, description } = words;
  const id = idOf(wish);
  const shut = await whyNoRoom(deps.db, { id, workspaceId: workspace.id, name });
  if (shut) return await answerTo(deps.db, wish, name, shut);

  const brought = await deps.moderation.keys.of(workspace.id);
  const moderated = { id: workspace.id, brought };
  const said = `${name}\n${description}`;
  const objection = await objectionToWords(deps.moderation, moderated, blockedWords, said);
  if (objection) return { outcome: 'objection', number: null, objection };
  const files: ReceivedFile[] = [];
  try {
    for (const [index, reference] of wish.images.entries()) {
      const number = index + 1;
      const accepted = await accept(deps, wish, reference);
      if (accepted.outcome === 'refused') return { ...accepted, outcome: 'bad_image', number };
      files.push(accepted.image);
      const offence = await objectionToImage(deps.moderation, moderated, accepted.image);
      if (offence) return { outcome: 'objection', number, objection: offence };
    }
    const images = placesOf(id, files);
    const entry: NewEntry = {
      id,
      workspaceId: workspace.id,
      name,
      kind: wish.kind,
      description,
      images: images.map(({ path: _, ...image }) => image),
      addedBy: member.id,
      addedByName: member.name,
    };
    const inserted = await keepImages(deps, id, images, () => insertEntry(deps.db, entry));
    if (inserted.outcome !== 'inserted') return await answerTo(deps.db, wish, name, inserted);
    const { workspaceId: _, ...added } = entry;
    return { outcome: 'added', entry: { ...added, createdAt: new Date() } };
  } finally {
    // The store has moved the files, unless the entry was refused.
    for (const { path } of files) await rm(path, { force: true });
  }
}

type Words = { outcome: 'read'; name: string; description: string } | NotAdded;

function wordsOf(wish: Pick<CastWish, 'name' | 'description' | 'images' | 'mayUse'>): Words {
  const name = castName(tidied(wish.name).replace(/^@/u, ''));
  if (!isCastName(name)) return { outcome: 'bad_name', name, max: maxCastName };
  const description = tidied(wish.description);
  if (description.length > maxCastDescription) {
    return { outcome: 'long_description', length: description.length, max: maxCastDescription };
  }
  const { length: count } = wish.images;
  if (count < 1 || count > maxCastImages) return { outcome: 'image_count', count, max: maxCastImages };
  return wish.mayUse ? { outcome: 'read', name, description } : { outcome: 'likeness' };
}

async function answerTo(db: Db, { workspace }: CastWish, name: string, refused: NoRoom): Promise<AddOutcome> {
  if (refused.outcome !== 'repeated') return refused;
  return { outcome: 'repeated', entry: await castEntryOf(db, workspace.id, name) };
}

/** The same for each delivery of a form. */
function idOf({ workspace, requestKey }: Pick<CastWish, 'workspace' | 'requestKey'>): string {
  const hash = createHash('sha256').update(`cast\0${workspace.id}\0${requestKey}`).digest('hex');
  // A UUID of version 8, which is for values that a program makes in its own way.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

async function accept(deps: CastDeps, wish: CastWish, reference: string): Promise<AcceptedImage> {
  const source = await wish.openImage(reference);
  if (source === null) return { outcome: 'refused', reason: 'missing', detail: reference };
  // Loaded only when it is needed, because it brings an image library with it.
  const { acceptImage } = await import('./media/input.ts');
  const accepted = await acceptImage(source, { directory: deps.temporaryDirectory, signal: wish.signal });
  const isMissing = accepted.outcome === 'refused' && accepted.reason === 'missing';
  return isMissing ? { ...accepted, detail: reference } : accepted;
}

type PlacedImage = NewEntry['images'][number] & { path: string };

/** Each delivery of a form has keys of its own, so a refused one never removes the images of another. */
function placesOf(id: string, files: readonly ReceivedFile[]): PlacedImage[] {
  const delivery = randomUUID().slice(0, 8);
  return files.map(({ path, mime, width, height, bytes, sha256, extension }, index) => {
    const objectKey = `cast/${id}/${index + 1}-${delivery}.${extension}`;
    return { objectKey, mime, width, height, bytes, sha256, path };
  });
}

type Inserted = Awaited<ReturnType<typeof insertEntry>>;

/** Stores the images of an entry before it is inserted. If it is not inserted, this removes them. */
async function keepImages(
  { db, store }: Pick<CastDeps, 'db' | 'store'>,
  id: string,
  images: readonly PlacedImage[],
  insert: () => Promise<Inserted>,
): Promise<Inserted> {
  // If the store is away, the answer stays the same. The sweeper removes the images later.
  const remove = () => Promise.all(images.map(({ objectKey }) => store.remove(objectKey).catch(() => undefined)));
  try {
    for (const image of images) await store.put(image.objectKey, image);
    const inserted = await insert();
    if (inserted.outcome !== 'inserted') await remove();
    return inserted;
  } catch (error) {
    if (await isUnwritten(db, id, error)) await remove();
    throw error;
  }
}

/** Whether a failed insert has certainly not written the row. If the connection broke, nobody knows. */
async function isUnwritten(db: Db, id: string, error: unknown): Promise<boolean> {
  if (isDatabaseAway(error)) return false;
  return await wasInserted(db, id).then(
    (isThere) => !isThere,
    () => false,
  );
}

/** There is no entry of that name. `nearest` is a similar name, if there is one. */
export type NoEntry = { outcome: 'no_entry'; name: string; nearest: string | null };

/** Finds an entry by its name as a member typed it, with or without the @. */
export async function findCast(
  tx: Tx,
  workspaceId: Workspace['id'],
  typed: string,
): Promise<{ outcome: 'found'; entry: ListedEntry } | NoEntry> {
  const name = castName(tidied(typed).replace(/^@/u, ''));
  const entry = await castEntryOf(tx, workspaceId, name);
  if (entry) return { outcome: 'found', entry };
  return { outcome: 'no_entry', name, nearest: nearestOf(name, await castNames(tx, workspaceId)) };
}

export type RemoveOutcome =
  | { outcome: 'removed'; entry: ListedEntry }
  | { outcome: 'not_yours'; entry: ListedEntry }
  | NoEntry;

/** Removes an entry, for the member who added it or for an admin. Runs that are at work finish with it. */
export async function removeCast(
  { db }: Pick<CastDeps, 'db'>,
  { workspace, member, name }: Pick<CastWish, 'workspace' | 'member' | 'name'>,
): Promise<RemoveOutcome> {
  const found = await findCast(db, workspace.id, name);
  if (found.outcome !== 'found') return found;
  const { entry } = found;
  if (!member.isAdmin && entry.addedBy !== member.id) return { outcome: 'not_yours', entry };
  const isRemoved = await markEntryRemoved(db, workspace.id, entry.id, member.id);
  return isRemoved ? { outcome: 'removed', entry } : { outcome: 'no_entry', name: entry.name, nearest: null };
}
