import { startS3 } from '../support/s3/server.ts';

/**
 * An S3 server in a process of its own: `node tests/cluster/s3.ts <directory> <port>`. Prints its address, and ends with a
 * signal.
 */
const [directory = '', port = '0'] = process.argv.slice(2);
const server = await startS3(directory, { port: Number(port) });
process.stdout.write(`${server.endpoint}\n`);
