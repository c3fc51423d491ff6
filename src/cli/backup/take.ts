import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { openBucket } from '../../backup/bucket.ts';
import { BackupError } from '../../backup/error.ts';
import { headerName, type Manifest } from '../../backup/manifest.ts';
import { withNameLock } from '../../backup/nameLock.ts';
import type { Place, Target } from '../../backup/place.ts';
import { settingsOf } from '../../backup/settings.ts';
import { takeBackup } from '../../backup/take.ts';
import { createTarFile } from '../../backup/tarFile.ts';
import { refuseUnfinishedRestore } from '../../backup/unfinished.ts';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { orMissing } from '../../db/embedded/failure.ts';
import { writeDurably } from '../../db/embedded/record.ts';
import {
  existingKeyring,
  type Keyring,
  KeyringError,
  keyringPath,
  keyringText,
  parseKeyring,
} from '../../db/keyring.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { configure, refuseUnfinishedMove, withSignals } from '../open.ts';
import { print, printJson } from '../output.ts';
import { bucketSettings, hasEmbedded, readPassphrase, targetOf, withDatabase } from './places.ts';
import { createProgress } from './progress.ts';

const words = text.operations.backups;

type Given = { media?: boolean; keyring?: string; passphraseFile?: string; json?: true };

/** `vidgenie backup`: saves the installation while it works. It migrates nothing. */
export async function backup(
  given: string,
  { media, keyring: keyringTo, passphraseFile, json }: Given,
): Promise<number> {
  let settings: Record<string, string | null> = {};
  const config = configure((environment) => {
    settings = settingsOf(environment);
  });
  const target = targetOf(given, config);
  // The database may have only a part of the rows, or none.
  await refuseUnfinishedMove(config.home);
  await refuseUnfinishedRestore(config.home);
  const passphrase = await readPassphrase(passphraseFile, config);
  if (config.databaseUrl === null && !(await hasEmbedded(config.home)))
    throw new OperatorError(words.noDatabase(config.home), exitStatus.failed);
  const keyring = config.keyring ?? (await existingKeyring(config.home));
  if (keyringTo !== undefined) await saveKeyring(keyring, keyringTo, target, config);
  const includesMedia = media ?? config.s3 === null;
  const { openStore } = await import('../../program.ts');
  return await withSignals((stopped) =>
    withDatabase(config, { isRunningRefused: false }, async (url) =>
      withNameLock(url, { name: await nameOf(target), signal: stopped }, async (signal) => {
        const place = await openTarget(target, config);
        const progress = createProgress(process.stderr);
        try {
          const manifest = await takeBackup({
            url,
            media: openStore(config),
            includesMedia,
            place,
            passphrase,
            settings,
            version: packageJson.version,
            now: new Date(),
            signal,
            onStep: progress.onStep,
          });
          progress.end();
          tell(manifest, { given, json: json === true, config, isEncrypted: passphrase !== null, keyringTo });
          return lostIn(manifest).length + manifest.media.damaged.length === 0 ? exitStatus.done : exitStatus.failed;
        } finally {
          progress.end();
          await place.close();
        }
      }),
    ),
  );
}

/** One name for one target, however it was written. */
const nameOf = async (target: Target): Promise<string> =>
  target.kind === 'bucket'
    ? `s3://${target.bucket}/${target.prefix}`
    : join(await folderOf(target.path), basename(target.path));

const folderOf = (path: string): Promise<string> => realpath(dirname(path)).catch(() => resolve(dirname(path)));

/** The objects that the store should have had. */
function lostIn({ media }: Manifest): string[] {
  const removed = new Set(media.removed);
  return media.missing.filter((key) => !removed.has(key));
}

async function openTarget(target: Target, config: Config): Promise<Place> {
  if (target.kind === 'file') return await createTarFile(target.path);
  const place = openBucket(bucketSettings(config, target.bucket), target.prefix);
  if ((await place.size(headerName)) === null && !(await place.isEmpty()))
    throw new BackupError(`${place.name} has objects that are no backup: choose another prefix.`);
  return place;
}

/** A keyring in the folder of the backup would go wherever the backup goes. */
async function saveKeyring(keyring: Keyring | null, path: string, target: Target, config: Config): Promise<void> {
  if (!keyring) throw new OperatorError(words.noKeyring(keyringPath(config.home)), exitStatus.failed);
  const folder = await folderOf(path);
  if (target.kind === 'file' && folder === (await folderOf(target.path)))
    throw new OperatorError(words.keyringBeside, exitStatus.misused);
  const file = join(folder, basename(path));
  const there = await orMissing(readFile(file, 'utf8'));
  const all = there === null ? keyring : withOlderKeys(keyring, there);
  if (!all) throw new OperatorError(words.keyringExists(path), exitStatus.misused);
  const content = `${keyringText(all)}\n`;
  if (content !== there) await writeDurably(file, content);
}

/** The keyring with the keys that only a saved one has: older backups may need them. Null: the text is none of the same installation. */
function withOlderKeys({ active, keys }: Keyring, saved: string): Keyring | null {
  let older: Keyring;
  try {
    older = parseKeyring(saved.trim());
  } catch (error) {
    if (error instanceof KeyringError) return null;
    throw error;
  }
  const isSame = [...keys].some(([version, key]) => older.keys.get(version)?.equals(key));
  const isOther = [...keys].some(([version, key]) => older.keys.get(version)?.equals(key) === false);
  return isSame && !isOther ? { active, keys: new Map([...older.keys, ...keys]) } : null;
}

type Telling = { given: string; json: boolean; config: Config; isEncrypted: boolean; keyringTo: string | undefined };

function tell(manifest: Manifest, { given, json, config, isEncrypted, keyringTo }: Telling): void {
  const { media, tables, id, takenAt } = manifest;
  const { removed, damaged } = media;
  const missing = lostIn(manifest);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const objects = media.isIncluded ? media.count - media.missing.length : null;
  if (json) {
    printJson({ backup: given, id, takenAt, rows, objects, missing, removed, damaged, isEncrypted });
    return;
  }
  const path = config.keyring ? null : keyringPath(config.home);
  print(
    words.done(given, rows, objects),
    ...(removed.length > 0 ? [words.removed(removed)] : []),
    ...(missing.length > 0 ? [words.missing(missing)] : []),
    ...(damaged.length > 0 ? [words.damaged(damaged)] : []),
    ...(media.isIncluded ? [] : [words.mediaElsewhere(config.s3?.bucket ?? null)]),
    ...(isEncrypted ? [] : [words.notEncrypted]),
    keyringTo === undefined ? words.keyringApart(path) : words.keyringSaved(keyringTo),
    words.nextRehearse(given),
  );
}
