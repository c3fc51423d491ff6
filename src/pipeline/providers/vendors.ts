/** Who issues the keys that a workspace can bring. A table that lacks one of them does not compile: nothing falls to somebody else. */
export const vendors = ['openai', 'google'] as const;
export type Vendor = (typeof vendors)[number];

/** The same in every language. */
export const vendorNames: Readonly<Record<Vendor, string>> = { openai: 'OpenAI', google: 'Google' };

/** Whose key a provider's calls need, by its id (`google`, `google-veo`); null when no vendor of ours stands behind it. */
export const vendorOf = (providerId: string): Vendor | null =>
  vendors.find((vendor) => providerId === vendor || providerId.startsWith(`${vendor}-`)) ?? null;
