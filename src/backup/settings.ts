import { knownVariables, secretVariables } from '../variables.ts';

/** The variables that are set, without secrets: the value of a secret variable is null, and an address has no password. */
export function settingsOf(environment: NodeJS.ProcessEnv): Record<string, string | null> {
  const secret = new Set<string>(secretVariables);
  const set = [...new Set(knownVariables())].sort().flatMap((name): [string, string | null][] => {
    const value = environment[name];
    if (!value) return [];
    return [[name, secret.has(name) ? null : withoutPasswords(value)]];
  });
  return Object.fromEntries(set);
}

/** Some services take a key in the address: as a user, a password, or a parameter. */
function withoutPasswords(value: string): string {
  if (!URL.canParse(value) || !/^\w+:\/\//.test(value)) return value;
  const url = new URL(value);
  if (url.username === '' && url.password === '' && url.search === '' && url.hash === '') return value;
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The same as lines of a file `.env`. Secrets are lines to fill in. */
export function asEnvironmentFile(settings: Record<string, string | null>): string {
  const lines = Object.entries(settings).map(([name, value]) =>
    value === null ? `# A secret, which is not in a backup.\n#${name}=` : `${name}=${quotedValue(value)}`,
  );
  return `${lines.join('\n')}\n`;
}

const quotedValue = (value: string): string => (value.includes('"') ? `'${value}'` : `"${value}"`);
