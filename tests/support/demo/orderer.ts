import { order, studioIn, videoRequest } from './calls.ts';

// A test starts this as a process of its own. It orders a film, prints the handle, and waits to be killed.
const [directory = '', image = ''] = process.argv.slice(2);
const handle = await order(studioIn(directory), await videoRequest(image));
process.stdout.write(`${JSON.stringify(handle)}\n`);
setInterval(() => undefined, 60_000);
