import type { Hono } from 'hono';
import { localeOf, textOf } from '../text.ts';
import { problem, problemResponse } from './problem.ts';

/** Answers 405 with an `Allow` header at each of these routes, for every method that the route does not have. */
export function refuseOtherMethods(app: Hono, routes: Hono['routes']): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    if (method === 'ALL') continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    // A path that takes GET takes HEAD as well.
    if (method === 'GET') known.add('HEAD');
  }
  for (const [path, known] of methods) {
    const allowed = [...known].sort();
    app.all(path, (context) => {
      const text = textOf(localeOf(context.req.header('accept-language') ?? 'en'));
      const headers = { allow: allowed.join(', ') };
      return problemResponse(problem('method_not_allowed', text, { headers, facts: { allowed } }));
    });
  }
}
