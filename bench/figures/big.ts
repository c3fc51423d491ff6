import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, median, repeated } from '../figure.ts';
import { inSlack, openSubmitter, submissionIn, submitOne } from '../stage/people.ts';
import { startProcess } from '../stage/processes.ts';
import { openSlack } from '../stage/slack.ts';
import type { Stage } from '../stage/stage.ts';

const megabytes = 200;

/**
 * A video of 200 MB goes from its provider to S3 and into a thread. We measure the worker's highest memory meanwhile, minus its
 * memory before.
 */
export const big: Figure = {
  name: 'big',
  about: `a video of ${megabytes} MB from provider to S3 and chat`,
  measure: async (stage) => {
    let inThreads = 0;
    const slack = await openSlack(stage, (path) => {
      if (path === 'upload') inThreads += 1;
    });
    const installation = await stage.installation();
    const environment = { ...installation.environment, ...(await startS3(stage)), ...slack.environment };
    const settings = { ...installation, environment };
    const submitter = await openSubmitter(stage, settings);
    await submitter.services.store.prepare();
    const worked = async (name: string, media?: { image: string; video: string }) => {
      const worker = await startProcess(stage, 'worker', settings, media ? { media } : {});
      const whole = async () => {
        const id = await submitOne(submitter, submissionIn(name, inSlack));
        for await (const { run } of submitter.services.watch(id)) {
          if (!run.deliveredAt) continue;
          const failure = run.failure ?? run.deliveryFailure;
          if (failure) throw new Error(`a run ${run.state}: ${failure.detail}`);
          return;
        }
      };
      await whole();
      const { rssMb } = await worker.used();
      await whole();
      const added = (await worker.used()).peakMb - rssMb;
      await worker.kill();
      return added;
    };
    const file = await inflated(stage);
    const small = await repeated(3, (round) => worked(`small-${round}`));
    const large = await repeated(3, (round) => worked(`large-${round}`, { ...stage.media, video: file }));
    // Six workers with two runs each, and an image and a video in each run.
    if (inThreads !== 24) throw new Error(`${inThreads} of 24 files came into their threads`);
    return [
      {
        what: `memory added by a video of ${megabytes} MB on its way to S3 and into a Slack thread`,
        value: median(large),
        unit: 'MB',
        goal: { atMost: 64 },
        beside: [{ what: 'by a video of a few kB', value: median(small), unit: 'MB' }],
      },
    ];
  },
};

/** The usual small video, followed by a box that players skip. */
async function inflated({ folder, media }: Stage): Promise<string> {
  const path = join(folder, 'big.mp4');
  await copyFile(media.video, path);
  const file = await open(path, 'a');
  const header = Buffer.alloc(8);
  header.writeUInt32BE(megabytes * 1_000_000 + 8, 0);
  header.write('free', 4, 'latin1');
  await file.write(header);
  const chunk = Buffer.alloc(1_000_000, 7);
  for (let written = 0; written < megabytes; written += 1) await file.write(chunk);
  await file.close();
  return path;
}

async function startS3(stage: Stage): Promise<Record<string, string>> {
  const directory = await mkdtemp(join(stage.folder, 's3-'));
  const script = fileURLToPath(new URL('../../tests/cluster/s3.ts', import.meta.url));
  const child = spawn(process.execPath, [script, directory, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  stage.atEnd(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error('the S3 server ended before it was ready');
  });
  // The figure ends this process when it is over, and nobody here waits for that.
  gone.catch(() => {});
  const [line] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), gone]);
  const account = { S3_ACCESS_KEY_ID: 'S3RVER', S3_SECRET_ACCESS_KEY: 'S3RVER', S3_REGION: 'us-east-1' };
  const environment = { S3_BUCKET: 'vidgenie', S3_ENDPOINT: String(line).trim(), ...account };
  return environment;
}
