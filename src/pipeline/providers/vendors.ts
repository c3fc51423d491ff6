import { type Vendor, vendors, vendorTable } from '../../domain.ts';

/** The name of a vendor, the same in every language. */
export const vendorName = (vendor: Vendor): string => vendorTable.find(({ id }) => id === vendor)?.name ?? vendor;

/** The vendor whose key a provider's calls need, by the provider's id (`google`, `google-veo`). Null if it is no vendor of ours. */
export const vendorOf = (providerId: string): Vendor | null =>
  vendors.find((vendor) => providerId === vendor || providerId.startsWith(`${vendor}-`)) ?? null;
