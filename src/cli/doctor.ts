import { styled } from '../bots/terminal/paint.ts';
import { text } from '../bots/terminal/person.ts';
import { type Config, secretsOf } from '../config.ts';
import type { Secret } from '../db/secret.ts';
import { createLog } from '../observability/log.ts';
import { scrub } from '../observability/scrub.ts';
import { checkAddress } from './doctor/address.ts';
import { checkCatalogues } from './doctor/catalogues.ts';
import { checkDatabase, checkFfmpeg, checkHome, checkMedia, checkNode } from './doctor/environment.ts';
import { type Finding, look, wrong } from './doctor/finding.ts';
import { checkKeyring } from './doctor/keyring.ts';
import { checkServers } from './doctor/servers.ts';
import { checkWork } from './doctor/services.ts';
import { checkModels, checkProviders } from './doctor/vendors.ts';
import { exitStatus } from './exit.ts';
import { explain, reasonOf } from './explain.ts';
import { configure, openingError } from './open.ts';
import { print, printJson, stdoutSurface } from './output.ts';

const { doctor: words, misspelt } = text.operator;

/**
 * `vidgenie doctor`: checks every part that is configured, also before the first start. It changes only what every start
 * changes too, and only if there is something to start. It also records how far it has verified the ledger. `isFull`: it checks the
 * whole ledger and every result.
 */
export async function doctor({ isJson, isFull }: { isJson: boolean; isFull: boolean }): Promise<number> {
  const findings: Finding[] = [];
  const surface = stdoutSurface();
  const tell = (found: readonly Finding[], secrets: readonly Secret[] = []) => {
    for (const one of found) {
      const { part, isFine, isWarning } = one;
      const finding = { ...one, says: scrub(one.says, secrets) };
      findings.push(finding);
      if (isJson) continue;
      const good = isWarning ? styled(surface, 'yellow', '!') : styled(surface, 'green', '✓');
      const mark = isFine ? good : styled(surface, 'red', '✗');
      print(`${mark} ${words.parts[part].padEnd(13)}  ${finding.says}`);
    }
  };
  tell([checkNode()]);
  const config = readAndTell(tell);
  if (config) {
    const secrets = secretsOf(config);
    const progress = isFull ? showProgress() : null;
    for (const found of examine(config, progress)) {
      const one = await found;
      progress?.clear();
      tell(one, secrets);
    }
  }
  const count = findings.filter(({ isFine }) => !isFine).length;
  if (isJson) printJson({ fine: count === 0, findings });
  else print('', count === 0 ? words.fine : words.wrong(count));
  return count === 0 ? exitStatus.done : exitStatus.failed;
}

/** A whole pass takes minutes. Its progress stands in one line of a terminal, and nowhere else. */
function showProgress() {
  const write = (line: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
  };
  return {
    onProgress: (part: 'ledger' | 'objects', fraction: number) =>
      write(`${words.parts[part]} ${text.measures.percent(Math.floor(fraction * 100))}`),
    clear: () => write(''),
  };
}

type Progress = ReturnType<typeof showProgress> | null;

function readAndTell(tell: (found: readonly Finding[]) => void): Config | null {
  try {
    const config = configure();
    tell(config.misspelt.map(({ name, meant }) => wrong('configuration', misspelt(name, meant))));
    return config;
  } catch (error) {
    tell(explain(error, process.env).lines.map((line) => wrong('configuration', line)));
    return null;
  }
}

/** Checks everything at once. The findings come in reading order. */
function examine(config: Config, progress: Progress): readonly Promise<readonly Finding[]>[] {
  const { discord, slack, redis, publicUrl } = config;
  const { comfyui } = config.providers;
  const media = look('media', () => checkMedia(config));
  const hasStore = media.then((found) => found.every(({ isFine }) => isFine));
  const { ground, work } = examineDatabase(config, hasStore, progress);
  return [
    look('home', () => checkHome(config)),
    look('keyring', () => checkKeyring(config)),
    ground,
    ...(redis ? [look('redis', async () => (await import('./doctor/redis.ts')).checkRedis(redis))] : []),
    media,
    ...examineVendors(config),
    ...(comfyui
      ? [look('comfyui', async (signal) => (await import('./doctor/comfyui.ts')).checkComfy(comfyui, signal))]
      : []),
    look('ffmpeg', checkFfmpeg),
    ...(discord
      ? [
          look('discord', async (signal) =>
            (await import('./doctor/discord.ts')).checkDiscord(discord, publicUrl, signal),
          ),
        ]
      : []),
    ...(slack ? [look('slack', async () => (await import('./doctor/slack.ts')).checkSlack(slack))] : []),
    ...(publicUrl === null ? [] : [look('address', () => checkAddress(config, publicUrl))]),
    work,
  ];
}

function examineVendors(config: Config): readonly Promise<readonly Finding[]>[] {
  const providers = import('../program.ts').then(({ openProviders }) => openProviders(config));
  return [
    look('providers', async () => checkProviders(await providers)),
    look('models', async (signal) => checkModels(config, await providers, signal)),
    look('models', async (signal) => checkServers(config, await providers, signal)),
    look('prices', async () => (await import('./doctor/prices.ts')).checkPrices(config, await providers)),
  ];
}

type Found = Promise<readonly Finding[]>;

/** Checks the database, and then the parts that depend on it, if the database is usable. */
function examineDatabase(
  config: Config,
  hasStore: Promise<boolean>,
  progress: Progress,
): { ground: Found; work: Found } {
  const checked = checkDatabase(config);
  const work = async (): Promise<readonly Finding[]> => {
    const { isReady, close } = await checked;
    try {
      return isReady ? await withOpened(config, await hasStore, progress) : [];
    } catch (error) {
      return [wrong('database', reasonOf(openingError(error, config)))];
    } finally {
      await close();
    }
  };
  return { ground: checked.then(({ findings }) => findings), work: work() };
}

async function withOpened(config: Config, hasStore: boolean, full: Progress): Promise<readonly Finding[]> {
  const { openProgram } = await import('../program.ts');
  const program = await openProgram(config, createLog('silent', false), { worker: false });
  try {
    return [...(await checkWork(program, { hasStore, full })), ...(await checkCatalogues(program))];
  } finally {
    await program.stop();
  }
}
