import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../vitest.config.ts';

/**
 * We take the README's pictures of chats in the simulators that the tests use: `npx vitest run --config
 * scripts/pictures.config.ts`.
 */
const { include: _, ...test } = shared.test ?? {};
export default mergeConfig({ ...shared, test }, defineConfig({ test: { include: ['scripts/*.pictures.ts'] } }));
