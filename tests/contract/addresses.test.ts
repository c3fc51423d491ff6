import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

// Addresses that a vendor names are in `providers.test.ts`: nobody follows one that is not the vendor's own.

const variables = [
  'OPENAI_BASE_URL',
  'GOOGLE_BASE_URL',
  'OPENROUTER_BASE_URL',
  'RUNWAY_BASE_URL',
  'ENHANCE_BASE_URL',
  'IMAGE_BASE_URL',
  'VIDEO_BASE_URL',
  'COMFYUI_URL',
] as const;

test.each(variables)('%s may be any address of the web, also of this machine or of a private network', (variable) => {
  for (const address of [
    'http://localhost:8000',
    'http://10.0.0.5:8000',
    'http://[::1]:8188',
    'https://gpu.internal',
  ]) {
    const config = JSON.stringify(readConfig({ [variable]: address }).providers);
    expect([address, config.includes(address)]).toEqual([address, true]);
  }
  for (const address of ['file:///etc/passwd', 'gopher://10.0.0.5', 'nonsense']) {
    expect(() => readConfig({ [variable]: address })).toThrow(variable);
  }
});
