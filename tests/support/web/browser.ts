import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** The reason why this machine cannot run the page's tests. Null: it can. */
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

/** The system's Chromium, with a profile of its own that is removed afterwards. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    args: flags,
    // The browser keeps pages for the back button, as anybody's browser does.
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
  /** Every request of the browser, and the errors in the page. */
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
    // The browser also logs an unreachable server and error statuses.
    if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text()))
      seen.faults.push(message.text());
  });
  return seen;
}
