import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openBucket } from '../../backup/bucket.ts';
import { type Backup, openBackup } from '../../backup/open.ts';
import { type Rehearsed, rehearse } from '../../backup/rehearse.ts';
import { type Restored, restoreBackup } from '../../backup/restore.ts';
import { settingsOf } from '../../backup/settings.ts';
import { openTarFile } from '../../backup/tarFile.ts';
import { text } from '../../bots/terminal/person.ts';
import type { Config } from '../../config.ts';
import { describeEmbedded } from '../../db/embedded.ts';
import { existingKeyring, type Keyring, keyringPath, keyringText, parseKeyring } from '../../db/keyring.ts';
import { exitStatus, OperatorError } from '../exit.ts';
import { configure, withSignals } from '../open.ts';
import { print, printError, printJson } from '../output.ts';
import {
  bucketSettings,
  hasEmbedded,
  isMediaEmpty,
  readPassphrase,
  targetOf,
  withDatabase,
  withEmbedded,
} from './places.ts';
import { createProgress } from './progress.ts';

const words = text.operations.backups;

type Given = { rehearse?: true; keyring?: string; withoutKeyring?: true; passphraseFile?: string; json?: true };

/** `vidgenie restore`: into the empty installation that the environment names, or as a rehearsal beside the one that is there. */
export async function restore(from: string, given: Given): Promise<number> {
  let settings: Record<string, string | null> = {};
  const config = configure((environment) => {
    settings = settingsOf(environment);
  });
  const target = targetOf(from, config);
  const passphrase = await readPassphrase(given.passphraseFile, config);
  const keyring = await keyringFor(config, given.keyring);
  return await withSignals(async (signal) => {
    const place =
      target.kind === 'file'
        ? await openTarFile(target.path)
        : openBucket(bucketSettings(config, target.bucket), target.prefix);
    const progress = createProgress(process.stderr);
    const { openStore } = await import('../../program.ts');
    const common = {
      media: openStore(config),
      keyring: given.withoutKeyring ? null : { keyring },
      signal,
      onStep: progress.onStep,
    };
    try {
      const backup = await openBackup(place, passphrase);
      if (given.rehearse) {
        const rehearsed = await withServer(config, (url) => rehearse({ ...common, backup, url }));
        progress.end();
        return tellRehearsed(rehearsed, given);
      }
      const restored = await withDatabase(config, { isRunningRefused: true }, (url) =>
        restoreBackup({
          ...common,
          backup,
          url,
          home: config.home,
          isMediaEmpty: () => isMediaEmpty(config),
          finish: async () => {
            if (given.keyring !== undefined && keyring) await keepKeyring(config, keyring);
          },
        }),
      );
      progress.end();
      return tellRestored(restored, backup, settings, given);
    } finally {
      progress.end();
      await place.close();
    }
  });
}

/** The keyring at hand: the one of the environment, the one that was named, or the one of the home. */
async function keyringFor({ keyring, home }: Config, named: string | undefined): Promise<Keyring | null> {
  const given = named === undefined ? null : parseKeyring((await readFile(named, 'utf8')).trim());
  if (given && keyring && keyringText(given) !== keyringText(keyring))
    throw new OperatorError(words.keyringSet, exitStatus.misused);
  const there = keyring ?? (await existingKeyring(home));
  if (given && there && keyringText(given) !== keyringText(there))
    throw new OperatorError(words.keyringDiffers(keyringPath(home)), exitStatus.misused);
  return given ?? there;
}

/** The restored installation uses the keyring from now on. */
async function keepKeyring({ keyring, home }: Config, given: Keyring): Promise<void> {
  if (keyring || (await existingKeyring(home))) return;
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(keyringPath(home), `${keyringText(given)}\n`, { flag: 'wx', mode: 0o600 });
}

/** A server for the rehearsal: the one of the installation, or one that is removed again. */
async function withServer<T>(config: Config, work: (url: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== null || (await hasEmbedded(config.home)))
    return await withDatabase(config, { isRunningRefused: false }, work);
  const home = await mkdtemp(join(tmpdir(), 'vidgenie-rehearsal-'));
  try {
    return await withEmbedded(home, { isRunningRefused: false }, work);
  } finally {
    // If we are root, the data may lie elsewhere.
    const { dataDir } = await describeEmbedded(home);
    if (!dataDir.startsWith(home)) await rm(dirname(dataDir), { recursive: true, force: true });
    await rm(home, { recursive: true, force: true });
  }
}

function tellRehearsed(rehearsed: Rehearsed, { json, withoutKeyring }: Given): number {
  const { rows, objects, openedKeys, violations, played } = rehearsed;
  if (json) printJson(rehearsed);
  else {
    print(
      words.rehearsed(rows),
      withoutKeyring ? words.keysUnopened : words.keysOpen(openedKeys),
      ...(objects > 0 ? [words.objectsRead(objects)] : []),
      played ? words.played(played.key, played.seconds) : words.nothingPlayed,
    );
    tellLedger(violations);
  }
  return violations.length === 0 ? exitStatus.done : exitStatus.failed;
}

function tellRestored(
  restored: Restored,
  { manifest }: Backup,
  settings: Record<string, string | null>,
  { json, withoutKeyring }: Given,
): number {
  const { rows, objects, lost, openedKeys, violations } = restored;
  const lacking = Object.entries(manifest.settings).filter(([name]) => !(name in settings));
  if (json) printJson({ ...restored, settings: Object.fromEntries(lacking) });
  else {
    const isWhole = lost.length === 0;
    print(words.restored(rows, objects, isWhole), withoutKeyring ? words.keysUnopened : words.keysOpen(openedKeys));
    if (!isWhole) printError(...words.leftOut(lost));
    tellLedger(violations);
    if (!manifest.media.isIncluded) print(words.mediaAbsent);
    const lines = lacking.map(([name, value]) => (value === null ? words.secretSetting(name) : `${name}=${value}`));
    if (lines.length > 0) print(...words.settingsThen(lines));
    print(words.nextDoctor);
  }
  return violations.length + lost.length === 0 ? exitStatus.done : exitStatus.failed;
}

function tellLedger(violations: Rehearsed['violations']): void {
  if (violations.length === 0) print(words.ledgerHolds);
  for (const { invariant, subject } of violations) printError(words.ledgerBroken(invariant, subject));
}
