import { catalogues } from '../../../src/db/schema.ts';
import { jsonValue } from '../../../src/domain.ts';
import { openrouter } from '../../../src/pipeline/providers/openrouter/adapter.ts';
import { testConfig } from '../config.ts';
import { createTestDatabase } from '../database.ts';
import { createInstallation } from '../program.ts';
import { openRouterCanary, openRouterKey, startOpenRouter } from './openrouter.ts';

/** An installation whose operator has an OpenRouter key and nothing else, and whose database has OpenRouter's catalogue. */
export async function openInstallationOnOpenRouter() {
  const stub = await startOpenRouter();
  const environment = { OPENROUTER_API_KEY: openRouterCanary, OPENROUTER_BASE_URL: `${stub.url}/api/v1` };
  const database = await createTestDatabase();
  const installation = await createInstallation(database);
  const config = testConfig(database.url, installation.home, environment).providers;
  const listed = await openrouter.list(config, { key: openRouterKey, signal: new AbortController().signal });
  if (!listed.ok) throw new Error(listed.fault.detail);
  await database.db.insert(catalogues).values({ id: 'openrouter', models: jsonValue.parse(listed.value) });
  return { stub, installation, environment };
}
