import { onTestFinished } from 'vitest';
import { member, workspace } from '../../../src/bots/terminal/person.ts';
import { startLocalPage } from '../../../src/bots.ts';
import type { Config } from '../../../src/config.ts';
import { createLog } from '../../../src/observability/log.ts';
import type { Program } from '../../../src/program.ts';
import { createTestDatabase } from '../database.ts';
import { createInstallation } from '../program.ts';
import type { VendorBehaviour } from '../studio.ts';

export type Running = { program: Program; address: string; stop: () => Promise<void> };

/**
 * An installation whose page is open on this machine, as `npm start` makes one. Without an environment, the stand-in vendor
 * does the work, at once.
 */
export async function localInstallation(
  environment: NodeJS.ProcessEnv | null = {},
  vendor: VendorBehaviour = {},
): Promise<{ start: (config?: Partial<Config>) => Promise<Running> }> {
  const installation = await createInstallation(await createTestDatabase());
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent', false);
  return {
    start: async (config = {}) => {
      const program = await installation.open({ worker: true, vendor, ...(environment && { environment }), config });
      const page = await startLocalPage(program, log, { workspace, member });
      onTestFinished(page.stop);
      return { program, address: page.address, stop: page.stop };
    },
  };
}
