import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// For `node --import`: at the end of the process, writes to the file `LOADED` the packages that the process loaded, and the
// imports of theirs that Node resolved.
const packages = new Set<string>();
const imports: string[] = [];

const packageOf = (url: string | undefined) =>
  url
    ?.split('/node_modules/')
    .at(1)
    ?.match(/^(@[^/]+\/)?[^/]+/)?.[0];

registerHooks({
  resolve: (specifier, context, next) => {
    const importer = packageOf(context.parentURL);
    if (importer !== undefined) imports.push(`${importer} ${specifier}`);
    return next(specifier, context);
  },
  load: (url, context, next) => {
    const name = packageOf(url);
    if (name !== undefined) packages.add(name);
    return next(url, context);
  },
});

process.on('exit', () => {
  if (process.env.LOADED) writeFileSync(process.env.LOADED, JSON.stringify({ packages: [...packages], imports }));
});
