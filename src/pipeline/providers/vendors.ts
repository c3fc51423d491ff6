import { type Vendor, vendors } from '../../domain.ts';

/** Names of vendors, the same in every language. */
export const vendorNames: Readonly<Record<Vendor, string>> = { openai: 'OpenAI', google: 'Google' };

/** Whose key a provider's calls need, by its id (`google`, `google-veo`); null when no vendor of ours stands behind it. */
export const vendorOf = (providerId: string): Vendor | null =>
  vendors.find((vendor) => providerId === vendor || providerId.startsWith(`${vendor}-`)) ?? null;
