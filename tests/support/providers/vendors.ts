import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { googleCanary, openAiCanary } from '../canary.ts';
import { type OmniStub, startOmni } from './omni.ts';
import { type OpenAiStub, startOpenAi } from './openai.ts';

export type Vendors = { openai: OpenAiStub; omni: OmniStub; environment: Record<string, string> };

/** Both vendors, and the environment of an operator who has a key for each. Google sends a real film. */
export async function startVendors(): Promise<Vendors> {
  const [openai, omni] = [await startOpenAi(), await startOmni()];
  omni.file.bytes = readFileSync(inject('vendorMedia').video);
  const environment = {
    OPENAI_API_KEY: openAiCanary,
    OPENAI_BASE_URL: `${openai.url}/v1`,
    GOOGLE_API_KEY: googleCanary,
    GOOGLE_BASE_URL: omni.url,
  };
  return { openai, omni, environment };
}
