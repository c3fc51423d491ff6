import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Locale, locales, textOf } from '../text.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A file of the page, ready to send: plain, and compressed once for all requests. */
export type ClientFile = { type: string; etag: string; identity: Bytes; gzip: Bytes; br: Bytes };

/**
 * The page: one document for each language, and the files that they load. A file's path contains a hash of its content, so that
 * browsers may cache it.
 */
export type Client = {
  documents: Readonly<Record<Locale, ClientFile>>;
  /** The document for an address that does not exist. */
  notFound: Readonly<Record<Locale, ClientFile>>;
  files: ReadonlyMap<string, ClientFile>;
  style: ClientFile;
};

/** Scripts have the same paths in the page's address as in the sources, so that an import means the same in both. */
const root = join(import.meta.dirname, '..');
const folder = join(import.meta.dirname, 'page');
const entry = 'web/page/main.js';
const wordsOf = (locale: Locale) => `text/${locale}/page.js`;

/** The page's scripts may import only these files. */
const served = /^(?:web\/page|text\/(?:en|fr))\/\w+\.js$/;

/**
 * Makes the page from its sources: removes the types from the scripts, follows their imports from `main.ts`, and names the whole
 * by a hash of its content. There is no build step. This takes a fraction of a second, once.
 */
export async function readClient(): Promise<Client> {
  const scripts = await readScripts();
  const [style, later] = await Promise.all([readStyle('style'), readStyle('style/later')]);
  const icon = await readFile(join(folder, 'icon.svg'), 'utf8');
  const theme = scriptOf(await readFile(join(folder, 'theme.ts'), 'utf8'));
  const sources = new Map([...scripts].map(([name, { code }]) => [name, code]));
  sources.set('style.css', style).set('later.css', later).set('icon.svg', icon).set('theme.js', theme);
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
  const inEach = async (documentIn: (locale: Locale) => string) => {
    const made = locales.map(
      async (locale) => [locale, await fileOf(types['.html'] ?? '', documentIn(locale))] as const,
    );
    return recordOf(await Promise.all(made));
  };
  return {
    documents: await inEach((locale) =>
      documentOf(locale, base, [...first, ...staticallyImported(scripts, wordsOf(locale))]),
    ),
    notFound: await inEach((locale) => notFoundOf(locale, base)),
    files: new Map(files),
    style: await fileOf(types['.css'] ?? '', style),
  };
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

/** Returns every script that the entry imports, directly or not, by name. */
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

/** Node warns once that this function is experimental. An operator can do nothing about that, so we suppress the warning. */
function scriptOf(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    // Removed types leave blanks. In the page's templates, blanks at the end or beginning of a line mean nothing.
    return stripTypeScriptTypes(source).replace(/\s*\n\s*/g, '\n');
  } finally {
    process.emitWarning = emitWarning;
  }
}

const importPattern = /(\bfrom\s*|\bimport\s*(\()?\s*)(["'])([^"'\n]+)\3/g;

/** Rewrites imports into those that a browser understands. */
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

/** Returns every script that must load before this one runs. The page loads them at once instead of one after the other. */
function staticallyImported(scripts: ReadonlyMap<string, Script>, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const next of scripts.get(name)?.imports ?? []) staticallyImported(scripts, next, seen);
  return seen;
}

/** Joins the files of a folder into one style sheet, in the order of their names. */
async function readStyle(from: string): Promise<string> {
  const names = (await readdir(join(folder, from))).filter((name) => name.endsWith('.css')).sort();
  const sheets = await Promise.all(names.map((name) => readFile(join(folder, from, name), 'utf8')));
  // Indentation means nothing in a style sheet.
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
  const preloads = [...new Set(scripts)].map((name) => `<link rel="modulepreload" href="${base}/${name}">`);
  return `${headOf(locale, base, 'VidGenie')}
<meta name="description" content="${textOf(locale).page.about}">
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

/** The document for an address that does not exist, for members signed in or not. */
function notFoundOf(locale: Locale, base: string): string {
  const { title, detail, home } = textOf(locale).web.notFound;
  return `${headOf(locale, base, `${title} · VidGenie`)}
</head>
<body>
<main class="door">
<a class="door-brand" href="/"><img src="${base}/icon.svg" alt="" width="34" height="34">VidGenie</a>
<h1>${title}</h1>
<p class="quiet">${detail}</p>
<a class="button primary" href="/">${home}</a>
</main>
</body>
</html>
`;
}

const headOf = (locale: Locale, base: string, title: string): string => `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${base}/icon.svg" type="image/svg+xml">
<script src="${base}/theme.js"></script>
<link rel="stylesheet" href="${base}/style.css">`;
