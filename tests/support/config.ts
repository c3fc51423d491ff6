import { type Config, readConfig } from '../../src/config.ts';
import { newKeyring } from '../../src/db/keyring.ts';

// One for the whole test process; a child process is given it.
const testKeyring = process.env.TEST_KEYRING ?? newKeyring();
process.env.TEST_KEYRING = testKeyring;

/** The configuration of an installation on an external database, as an operator would write it. */
export function testConfig(url: string, home: string, over: NodeJS.ProcessEnv = {}): Config {
  const fixed = { DATABASE_URL: url, VIDGENIE_HOME: home, VIDGENIE_KEYRING: testKeyring, DEMO_STEP_MS: '0', PORT: '0' };
  return readConfig({ ...fixed, ...over });
}
