import { expect, test } from 'vitest';
import { z } from 'zod';
import { newcomer, vidgenie } from '../support/command-line.ts';

const history = z.object({ runs: z.array(z.object({ state: z.string() })) });

// Each moment loses something else: before anything was sent, during the image, or during the film.
test.for([[/"accepted"|"event":"queued"/, /"image"/, /"video"/]] as const)(
  'a demo killed at %s, %s or %s is finished by the next one, and the doctor finds nothing wrong',
  async (moments) => {
    // Most of the time, each waits for the lease of the process that was killed.
    await Promise.all(
      moments.map(async (moment) => {
        const { environment } = await newcomer();
        const slowly = { ...environment, DEMO_STEP_MS: '1500' };
        const words = ['demo', 'a whale in space', '--duration', '3', '--resolution', '720p', '--json'];
        const killed = vidgenie(words, slowly);
        await killed.line(moment);
        killed.child.kill('SIGKILL');
        await killed.exit;

        const next = vidgenie(['demo', 'a boat', '--duration', '3', '--resolution', '720p', '--json'], environment);
        expect(await next.exit).toBe(0);

        const listed = vidgenie(['history', '--json'], environment);
        expect(await listed.exit).toBe(0);
        const { runs } = history.parse(JSON.parse(listed.stdout()));
        expect(runs).toHaveLength(2);
        for (const run of runs) expect(['succeeded', 'failed']).toContain(run.state);

        const doctor = vidgenie(['doctor'], environment);
        expect(`${await doctor.exit} ${doctor.stdout()}`).toMatch(/^0 /);
      }),
    );
  },
);

test('the interactive terminal takes commands line by line, finishes what it started, and resumes what was interrupted', async () => {
  const { environment } = await newcomer();
  const killed = vidgenie(['run', 'image', 'a castle', '--json'], { ...environment, DEMO_STEP_MS: '1500' });
  await killed.line(/"image"|"enhance"/);
  killed.child.kill('SIGKILL');
  await killed.exit;

  const input =
    '/vidgenie image a red boat --quality standard\nimage "a lighthouse" --aspect tall\ncredits\nnonsense\n';
  const shell = vidgenie(['start'], environment, input);
  expect(await shell.exit).toBe(0);
  expect(shell.stdout()).toMatch(/a red boat/);
  expect(shell.stdout()).toMatch(/a lighthouse/);

  const doctor = vidgenie(['doctor', '--full', '--json'], environment);
  expect(`${await doctor.exit} ${doctor.stdout()}`).toMatch(/^0 /);
});
