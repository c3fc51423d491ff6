import { readFileSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads each of the variables `names` from the file that `<NAME>_FILE` names, as Docker and Kubernetes pass secrets. An empty
 * file means "not set", as an empty variable does. `problems` has one line for each file that cannot be used, without its
 * content.
 */
export function readSecretFiles(
  environment: Environment,
  names: readonly string[],
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): { environment: Environment; problems: string[] } {
  const found: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of names) {
    const path = environment[`${name}_FILE`];
    if (!path) continue;
    try {
      const content = read(path).trim();
      if (content === '') continue;
      if (environment[name]) problems.push(`${name} and ${name}_FILE are both set: keep one of them`);
      else if (/[\r\n]/.test(content)) {
        problems.push(`${name}_FILE names a file with several lines (${path}): put the value into it and nothing else`);
      } else found[name] = content;
    } catch (error) {
      problems.push(`${name}_FILE names a file that cannot be read (${path}: ${codeOf(error)})`);
    }
  }
  return { environment: { ...environment, ...found }, problems };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
