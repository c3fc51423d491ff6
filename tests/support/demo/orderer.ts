import { order, studioIn, videoRequest } from './calls.ts';

// Started by a test as a process of its own: orders a film, tells its handle, and waits to be killed.
const [directory = '', image = ''] = process.argv.slice(2);
const handle = await order(studioIn(directory), await videoRequest(image));
process.stdout.write(`${JSON.stringify(handle)}\n`);
setInterval(() => undefined, 60_000);
