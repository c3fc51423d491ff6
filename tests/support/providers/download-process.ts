import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Secret } from '../../../src/db/secret.ts';
import { downloadFile } from '../../../src/pipeline/providers/google/download.ts';
import { measureMemory } from '../memory.ts';

// A process that downloads a short file to warm up and then a long one, and reports the memory that the long one needed. It
// collects garbage before each measurement: V8 lets about 64 MB of dead buffers pile up first, whatever the file's size.
const [baseUrl = '', small = '', large = '', target = ''] = process.argv.slice(2);

async function fetchTo(uri: string, onChunk: (bytes: number) => void): Promise<{ bytes: number; sha256: string }> {
  const key = new Secret('a-key-of-a-test');
  const signal = new AbortController().signal;
  const body = await downloadFile({ baseUrl }, uri, { key, signal, idleMs: 60_000, resumePauseMs: 1 });
  const hash = createHash('sha256');
  const file = await open(target, 'w');
  let bytes = 0;
  for await (const chunk of body) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a download gives bytes');
    hash.update(chunk);
    bytes += chunk.length;
    onChunk(chunk.length);
    await file.writeFile(chunk);
  }
  await file.close();
  return { bytes, sha256: hash.digest('hex') };
}

const between = 8 * 1024 * 1024;

await fetchTo(small, () => {});
const memory = measureMemory();
let unseen = 0;
const look = (bytes: number) => {
  unseen += bytes;
  if (unseen < between) return;
  unseen = 0;
  memory.look();
};
const result = await fetchTo(large, look);
process.stdout.write(JSON.stringify({ ...result, added: memory.added() }));
