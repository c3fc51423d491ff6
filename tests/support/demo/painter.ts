import { paint } from '../../../src/demo/painting/paint.ts';

// Started by a test as a process of its own, without fonts: paints a prompt and writes the PNG to its output.
process.stdout.write(await paint(process.argv[2] ?? '', { width: 640, height: 360, style: 'vivid' }));
