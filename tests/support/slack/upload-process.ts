import { Readable } from 'node:stream';
import { createWebClient } from '../../../src/bots/slack/client.ts';
import { postedMessagesOf, type SlackPostedMessages } from '../../../src/bots/slack/conversation.ts';
import { shareAll } from '../../../src/bots/slack/files.ts';
import type { RunThread } from '../../../src/bots/slack/runThread.ts';
import { textOf } from '../../../src/bots/text.ts';
import { Secret } from '../../../src/db/secret.ts';
import { createLog } from '../../../src/observability/log.ts';
import { createFileStore } from '../../../src/pipeline/media/files.ts';
import type { MediaStore } from '../../../src/pipeline/media/store.ts';
import { view } from '../botSamples.ts';
import { measureMemory } from '../memory.ts';

// A process that shares a short film to warm up and then a long one, and reports the memory that the long one needed. It
// collects garbage before each measurement: V8 lets about 64 MB of dead buffers pile up first, whatever the file's size.
const [apiUrl = '', directory = '', small = '', large = ''] = process.argv.slice(2);
const files = createFileStore(directory);
const between = 8 * 1024 * 1024;
let memory = measureMemory();

/** The real store, with a measurement of the memory now and then while it reads a film. */
const store: MediaStore = {
  ...files,
  open: async (key) => {
    const body = await files.open(key);
    async function* looking() {
      let unseen = 0;
      for await (const piece of body) {
        yield piece;
        unseen += piece.length;
        if (unseen < between) continue;
        unseen = 0;
        memory.look();
      }
    }
    return Readable.from(looking());
  },
};
const client = createWebClient('worker', new Secret('xoxb-of-a-test'), apiUrl, createLog('silent', false));

async function share(objectKey: string): Promise<SlackPostedMessages> {
  let said = postedMessagesOf({});
  const runThread: RunThread = {
    client,
    view: view(),
    text: textOf('en'),
    signal: new AbortController().signal,
    isLastTry: false,
    conversation: { channel: 'C1', threadTs: null, userId: 'U1', teamId: 'T1', locale: 'en' },
    said: () => said,
    remember: async (more) => {
      said = { ...said, ...more };
    },
  };
  const bytes = (await store.size(objectKey)) ?? 0;
  const film = {
    step: 3,
    kind: 'video',
    label: 'Video',
    mime: 'video/mp4',
    width: 1920,
    height: 1080,
    seconds: 60,
  } as const;
  const { outcome } = await shareAll(runThread, store, [{ ...film, objectKey, bytes }], '1.1');
  if (outcome !== 'here') throw new Error('the film is not in the thread');
  return said;
}

await share(small);
memory = measureMemory();
await share(large);
memory.look();
process.stdout.write(JSON.stringify({ added: memory.added() }));
