import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why the tests of the page cannot run here; null: they can. */
export const noBrowser = executablePath === undefined ? 'there is no chromium: apt-get install chromium' : null;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The system's Chromium, with a profile of its own that is gone afterwards. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    args: flags,
    // Like anybody's, it keeps pages for the way back.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    ...(executablePath && { executablePath }),
  });

/** One browser for all tests of a file. */
export function sharedBrowser(): () => Browser {
  let browser: Browser | null = null;
  beforeAll(async () => {
    if (noBrowser === null) browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error('the browser is not open');
    return browser;
  };
}

export type Visit = {
  page: Page;
  /** Everything that the browser asked for, and what went wrong in the page. */
  requested: string[];
  bodies: Promise<string>[];
  faults: string[];
};

/** A new visitor, who keeps nothing from visits before. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const seen: Visit = { page, requested: [], bodies: [], faults: [] };
  page.on('request', (request) => seen.requested.push(request.url()));
  page.on('response', (response) => {
    const type = response.headers()['content-type'] ?? '';
    if (/json/.test(type)) seen.bodies.push(response.text().catch(() => ''));
  });
  page.on('pageerror', (error) => seen.faults.push(error.message));
  page.on('console', (message) => {
    // A server that is away, or says no, is told by the browser too.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      seen.faults.push(message.text());
  });
  return seen;
}
