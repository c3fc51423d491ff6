import type { Secret } from '../../../src/db/secret.ts';
import { type Vendor, vendors } from '../../../src/domain.ts';
import { googleKey, openAiKey, runwayKey } from '../canary.ts';
import { startGemini } from './gemini-image.ts';
import { startOpenAi } from './openai.ts';
import { openRouterKey, startOpenRouter } from './openrouter.ts';
import { startRunway } from './runway.ts';
import type { Stub } from './server.ts';

/** The stand-in for a vendor's free calls, and a key with a canary. `address` is the variable that leads there, and its value. */
type StandIn = {
  key: Secret;
  start: () => Promise<Stub>;
  address: (url: string) => Record<string, string>;
};

/** One for each vendor of the table in `src/domain.ts`. */
const standIns: Readonly<Record<Vendor, StandIn>> = {
  openai: { key: openAiKey, start: startOpenAi, address: (url) => ({ OPENAI_BASE_URL: `${url}/v1` }) },
  google: { key: googleKey, start: startGemini, address: (url) => ({ GOOGLE_BASE_URL: url }) },
  openrouter: {
    key: openRouterKey,
    start: startOpenRouter,
    address: (url) => ({ OPENROUTER_BASE_URL: `${url}/api/v1` }),
  },
  runway: { key: runwayKey, start: startRunway, address: (url) => ({ RUNWAY_BASE_URL: url }) },
};

type Started = { vendor: Vendor; key: Secret; stub: Stub };

/** Stand-ins for all vendors but some, and the addresses at which VidGenie finds them. */
export async function startAllVendors(
  except: readonly Vendor[] = [],
): Promise<{ started: Started[]; environment: Record<string, string> }> {
  const started: Started[] = [];
  const addresses: Record<string, string>[] = [];
  for (const vendor of vendors) {
    const standIn = standIns[vendor];
    if (except.includes(vendor)) continue;
    const stub = await standIn.start();
    started.push({ vendor, key: standIn.key, stub });
    addresses.push(standIn.address(stub.url));
  }
  return { started, environment: Object.assign({}, ...addresses) };
}
