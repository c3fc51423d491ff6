import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Locale, locales, textOf } from '../text.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of the page as it is sent: plain, and compressed once for everybody. */
export type ClientFile = { type: string; etag: string; identity: Bytes; gzip: Bytes; br: Bytes };

/** The page: one document for each language, and the files that it loads. Their path names their content, so that they can be kept. */
export type Client = {
  documents: Readonly<Record<Locale, ClientFile>>;
  files: ReadonlyMap<string, ClientFile>;
  style: ClientFile;
};

/** Scripts lie in the page's address as they lie here, so that an import means the same in both places. */
const root = join(import.meta.dirname, '..');
const folder = join(import.meta.dirname, 'page');
const entry = 'web/page/main.js';
const wordsOf = (locale: Locale) => `text/${locale}/page.js`;

/** Nothing but this may be reached by an import of the page's scripts. */
const served = /^(?:web\/page|text\/(?:en|fr))\/\w+\.js$/;

/**
 * Makes the page from its sources: takes the types from the scripts, follows their imports from `main.ts`, and names the whole by its
 * content. There is no build step; this takes a fraction of a second, once.
 */
export async function readClient(): Promise<Client> {
  const scripts = await readScripts();
  const style = await readStyle();
  const icon = await readFile(join(folder, 'icon.svg'), 'utf8');
  const theme = scriptOf(await readFile(join(folder, 'theme.ts'), 'utf8'));
  const sources = new Map([...scripts].map(([name, { code }]) => [name, code]));
  sources.set('style.css', style).set('icon.svg', icon).set('theme.js', theme);
  const hash = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex')
    .slice(0, 12);
  const base = `/page/${hash}`;
  const files = await Promise.all(
    [...sources].map(
      async ([name, code]) => [`${base}/${name}`, await fileOf(types[extname(name)] ?? '', code)] as const,
    ),
  );
  const first = staticallyImported(scripts, entry);
  const documents = await Promise.all(
    locales.map(async (locale) => {
      const scriptNames = [...first, ...staticallyImported(scripts, wordsOf(locale))];
      return [locale, await fileOf(types['.html'] ?? '', documentOf(locale, base, scriptNames))] as const;
    }),
  );
  return { documents: recordOf(documents), files: new Map(files), style: await fileOf(types['.css'] ?? '', style) };
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function recordOf(documents: readonly (readonly [Locale, ClientFile])[]): Record<Locale, ClientFile> {
  const found = (wanted: Locale) => {
    const document = documents.find(([locale]) => locale === wanted);
    if (!document) throw new Error(`there is no page in ${wanted}`);
    return document[1];
  };
  return { en: found('en'), fr: found('fr') };
}

type Script = { code: string; imports: readonly string[]; later: readonly string[] };

/** Every script that can be reached from the entry, by its name. */
async function readScripts(): Promise<Map<string, Script>> {
  const scripts = new Map<string, Script>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (scripts.has(name)) continue;
    const script = name.startsWith('vendor/') ? await vendorScript(name) : await ownScript(name);
    scripts.set(name, script);
    waiting.push(...script.imports, ...script.later);
  }
  return scripts;
}

async function ownScript(name: string): Promise<Script> {
  if (!served.test(name)) throw new Error(`the page may not import ${name}`);
  return rewritten(name, scriptOf(await readFile(join(root, name.replace(/js$/, 'ts')), 'utf8')));
}

const packages = { preact: 'preact', hooks: 'preact/hooks', htm: 'htm', html: 'htm/preact' } as const;

async function vendorScript(name: string): Promise<Script> {
  const known = Object.entries(packages).find(([short]) => name === `vendor/${short}.js`);
  if (!known) throw new Error(`the page may not import ${name}`);
  const code = await readFile(fileURLToPath(import.meta.resolve(known[1])), 'utf8');
  return rewritten(name, code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
}

/** Node warns once that this function is young. Whoever hosts VidGenie can do nothing about that. */
function scriptOf(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    // What is left where types stood are blanks, and in the page's templates blanks mean nothing at the end or beginning of a line.
    return stripTypeScriptTypes(source).replace(/\s*\n\s*/g, '\n');
  } finally {
    process.emitWarning = emitWarning;
  }
}

const importPattern = /(\bfrom\s*|\bimport\s*(\()?\s*)(["'])([^"'\n]+)\3/g;

/** Imports as a browser understands them. */
function rewritten(name: string, code: string): Script {
  const imports: string[] = [];
  const later: string[] = [];
  const said = code.replace(
    importPattern,
    (_, lead: string, parenthesis: string | undefined, quote: string, to: string) => {
      const target = targetOf(name, to);
      (parenthesis === undefined ? imports : later).push(target);
      const path = relative(dirname(name), target);
      return `${lead}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
    },
  );
  return { code: said, imports, later };
}

function targetOf(name: string, to: string): string {
  if (to.startsWith('.')) return join(dirname(name), to.replace(/\.ts$/, '.js'));
  const known = Object.entries(packages).find(([, full]) => full === to);
  if (!known) throw new Error(`the page knows no package ${to}`);
  return `vendor/${known[0]}.js`;
}

/** What a script needs before it runs: loaded at once rather than one after the other. */
function staticallyImported(scripts: ReadonlyMap<string, Script>, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const next of scripts.get(name)?.imports ?? []) staticallyImported(scripts, next, seen);
  return seen;
}

/** One style sheet, in the order of the files' names. */
async function readStyle(): Promise<string> {
  const names = (await readdir(join(folder, 'style'))).filter((name) => name.endsWith('.css')).sort();
  const sheets = await Promise.all(names.map((name) => readFile(join(folder, 'style', name), 'utf8')));
  // Nothing in a style sheet means anything by its indentation.
  return sheets.join('\n').replace(/\n\s+/g, '\n');
}

const [zip, squeeze] = [promisify(gzip), promisify(brotliCompress)];

async function fileOf(type: string, source: string): Promise<ClientFile> {
  const identity = new Uint8Array(Buffer.from(source));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const [zipped, squeezed] = await Promise.all([zip(identity, { level: 9 }), squeeze(identity, { params })]);
  const etag = `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`;
  return { type, etag, identity, gzip: new Uint8Array(zipped), br: new Uint8Array(squeezed) };
}

function documentOf(locale: Locale, base: string, scripts: readonly string[]): string {
  const { page } = textOf(locale);
  const preloads = [...new Set(scripts)].map((name) => `<link rel="modulepreload" href="${base}/${name}">`);
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${page.about}">
<title>VidGenie</title>
<link rel="icon" href="${base}/icon.svg" type="image/svg+xml">
<script src="${base}/theme.js"></script>
<link rel="stylesheet" href="${base}/style.css">
${preloads.join('\n')}
<script type="module" src="${base}/${entry}"></script>
</head>
<body>
<div id="page"></div>
<noscript>${textOf(locale).web.enter.noScript}</noscript>
</body>
</html>
`;
}
