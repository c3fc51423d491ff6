// Refuses a package-lock.json with an entry whose content is not pinned: `npm ci` installs such a package unchecked. npm writes such
// entries when it makes the lock from an installed tree, for the packages of other platforms. With --mend they are fetched anew.
//
// Plain JavaScript without a dependency: it runs before anything is installed, with any Node.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const path = process.argv.find((word) => word.endsWith('.json')) ?? 'package-lock.json';

/** What is wrong with each entry, by its name. */
function objections({ packages }) {
  return Object.entries(packages).flatMap(([name, { link, integrity = '', resolved }]) => {
    if (name === '' || link) return [];
    if (!integrity.startsWith('sha512-')) return [[name, 'has no sha512 integrity']];
    return resolved === undefined ? [] : [[name, 'names a download address']];
  });
}

const lock = JSON.parse(readFileSync(path, 'utf8'));
if (process.argv.includes('--mend')) {
  for (const [name] of objections(lock)) delete lock.packages[name];
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' });
}
const found = objections(JSON.parse(readFileSync(path, 'utf8')));
for (const [name, objection] of found) process.stderr.write(`${path}: ${name} ${objection}\n`);
if (found.length > 0) process.stderr.write('Mend it with: node .ci/lock.mjs --mend\n');
process.exitCode = found.length > 0 ? 1 : 0;
