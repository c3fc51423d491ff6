import { defineConfig, mergeConfig } from 'vitest/config';
import usual from '../vitest.config.ts';

/** The README's pictures of chats are taken in the simulators that the tests use: `npx vitest run --config docs/pictures.config.ts`. */
const { include: _, ...test } = usual.test ?? {};
export default mergeConfig({ ...usual, test }, defineConfig({ test: { include: ['docs/*.pictures.ts'] } }));
