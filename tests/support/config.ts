import { type Config, readConfig } from '../../src/config.ts';
import { newKeyring } from '../../src/db/keyring.ts';

// One keyring for the whole test process. Child processes get it too.
const testKeyring = process.env.TEST_KEYRING ?? newKeyring();
process.env.TEST_KEYRING = testKeyring;

/** The configuration of an installation on an external database, as an operator would write it. */
export function testConfig(url: string, home: string, over: NodeJS.ProcessEnv = {}): Config {
  // Other tests cover the limits of one member. Here a few members start many runs.
  const ample = { MEMBER_RUNS_AT_WORK: '1000', MEMBER_RUNS_WAITING: '1000', WORKSPACE_RUNS_AT_WORK: '1000' };
  const swift = { MEMBER_COMMANDS_PER_MINUTE: '100000', WORKSPACE_COMMANDS_PER_MINUTE: '100000' };
  const fixed = { DATABASE_URL: url, VIDGENIE_HOME: home, VIDGENIE_KEYRING: testKeyring, DEMO_STEP_MS: '0', PORT: '0' };
  return readConfig({ ...ample, ...swift, ...fixed, ...over });
}
