/** For the library `pg`: gives `sslmode` its usual meaning, so only `verify-…` checks the certificate. */
export function asLibpqReadsIt(url: string): string {
  const read = new URL(url);
  if (read.searchParams.has('sslmode')) read.searchParams.set('uselibpqcompat', 'true');
  return read.href;
}
