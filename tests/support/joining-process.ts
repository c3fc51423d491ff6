import { setTimeout as delay } from 'node:timers/promises';
import { joinClips } from '../../src/pipeline/media/join.ts';
import { lookOften, measureMemory, sweep } from './memory.ts';

// A process that joins a small film to itself to warm up, and then a large one. It reports the memory that the large one needed.
// It collects garbage before each measurement, because V8 lets dead buffers pile up, whatever the file's size.
const [directory = '', small = '', large = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const joinTwice = (path: string) => {
  const clips = [
    { path, label: 'scene 1' },
    { path, label: 'scene 2' },
  ];
  return joinClips(clips, { cut: 'hard', audio: true, directory, signal });
};

await joinTwice(small);
for (let turn = 0; turn < 5; turn++) {
  sweep();
  await delay(20);
}
const memory = measureMemory();
const stopLooking = lookOften(memory.look, 20);
const film = await joinTwice(large);
stopLooking();
process.stdout.write(JSON.stringify({ film, added: memory.added() }));
