import { paint } from '../../../src/demo/painting/paint.ts';

// A test starts this as a process of its own, without fonts. It paints a prompt and writes the PNG to stdout.
process.stdout.write(await paint(process.argv[2] ?? '', { width: 640, height: 360, style: 'vivid' }));
