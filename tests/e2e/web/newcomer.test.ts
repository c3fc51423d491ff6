import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { executed, status } from '../../../src/bots/web/contract/programs.ts';
import { probeImage, probeVideo } from '../../../src/pipeline/media/probe.ts';
import { newcomer, vidgenie } from '../../support/command-line.ts';
import { eventsOf } from '../../support/web/server.ts';

test("npm start prints one address, and the original's example request ends completed there, with links that play", async () => {
  const { home, environment } = await newcomer();
  const program = vidgenie(['start'], { ...environment, PORT: '0' });
  const address = /http:\S+$/.exec(await program.line(/http:/))?.[0] ?? '';
  const page = await fetch(address);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);

  const created = vidgenie(['tokens', 'create', 'terminal:local', '--label', 'example', '--json'], environment);
  expect(await created.exit).toBe(0);
  const { token, id } = z.object({ token: z.string(), id: z.string() }).parse(JSON.parse(created.stdout()));
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({
    config: {
      initialPrompt: 'A majestic dragon flying over a medieval castle at sunset',
      workflowType: 'complete',
      imageConfig: { style: 'vivid', quality: 'hd', size: '1792x1024' },
      videoConfig: { duration: 3, resolution: '720p', generateAudio: true },
    },
  });
  const accepted = await fetch(`${address}/api/workflow/execute`, { method: 'POST', headers, body });
  expect(accepted.status).toBe(202);
  const { workflowId, estimatedCost } = executed.parse(await accepted.json());
  expect(estimatedCost).toBe(16);
  const { events } = await eventsOf(`${address}/api/workflow/events/${workflowId}`, headers);
  const last = status.parse(events.at(-1)?.data);
  expect(last).toMatchObject({ status: 'COMPLETED', totalCost: 16 });

  const file = async (url: string | undefined) => {
    const path = join(home, `fetched-${crypto.randomUUID()}`);
    await writeFile(path, Buffer.from(await (await fetch(url ?? '')).arrayBuffer()));
    return path;
  };
  expect(await probeImage(await file(last.result?.imageUrl))).toMatchObject({ width: 1920, height: 1080 });
  expect(await probeVideo(await file(last.result?.videoUrl))).toMatchObject({
    width: 1280,
    height: 720,
    hasAudio: true,
  });

  const look = async () => (await fetch(`${address}/api/credits`, { headers })).status;
  expect(await look()).toBe(200);
  expect(await vidgenie(['tokens', 'revoke', 'terminal:local', id], environment).exit).toBe(0);
  expect(await look()).toBe(401);

  program.child.kill('SIGTERM');
  expect(await program.exit).toBe(0);
  expect(program.stdout().match(/http:/g)).toHaveLength(1);
});
