import { type Vendor, vendors } from '../../domain.ts';

/** Names of vendors, the same in every language. */
export const vendorNames: Readonly<Record<Vendor, string>> = { openai: 'OpenAI', google: 'Google' };

/** The vendor whose key a provider's calls need, by the provider's id (`google`, `google-veo`). Null if it is no vendor of ours. */
export const vendorOf = (providerId: string): Vendor | null =>
  vendors.find((vendor) => providerId === vendor || providerId.startsWith(`${vendor}-`)) ?? null;
