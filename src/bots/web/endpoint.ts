import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { isDatabaseAway } from '../../db/failures.ts';
import { type Text, textOf } from '../text.ts';
import { admit, type Caller } from './authenticate.ts';
import { readBody } from './body.ts';
import type { WebDeps } from './deps.ts';
import { misgiven } from './invalidValue.ts';
import { type Pace, paceHeaders } from './limits.ts';
import { type Problem, problem, problemResponse } from './problem.ts';

type Access = 'member' | 'admin' | 'operator';

type Schemas<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = {
  params: Params;
  query: Query;
  body: Body;
};

/** The input of an endpoint. All of it has been validated. */
type Call<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType> = {
  deps: WebDeps;
  caller: Caller;
  text: Text;
  params: z.output<Params>;
  query: z.output<Query>;
  body: z.output<Body>;
  context: Context;
  /** Aborted when the caller leaves or the program stops. */
  signal: AbortSignal;
};

type Answers = Readonly<Record<number, z.ZodType>>;

/** An answer with its status, or a refusal. A stream or a file is a `Response` of its own. */
type Reply<Said extends Answers> =
  | { [Status in keyof Said]: { status: Status; body: z.input<Said[Status]> } }[keyof Said]
  | { refused: Problem }
  | Response;

type Declaration<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Said extends Answers,
> = {
  method: 'get' | 'post' | 'put' | 'delete';
  /** In OpenAPI's notation: `/api/workflow/status/{id}`. */
  path: string;
  access: Access;
  /** The rate limit that applies. The default is `look` for a GET and `change` for anything else. */
  pace?: Pace;
  summary: string;
  given: Schemas<Params, Query, Body>;
  maxBodyBytes?: number;
  answers: Said;
  /** The content type, for an answer that is not JSON. */
  stream?: string;
  /** The statuses of this endpoint's own refusals. */
  refuses?: readonly number[];
  answer: (call: Call<Params, Query, Body>) => Promise<Reply<Said>>;
};

/** An endpoint of the API, ready to be mounted, described and tested. */
export type Endpoint = Pick<
  Declaration<z.ZodObject, z.ZodObject, z.ZodType, Answers>,
  'method' | 'path' | 'access' | 'summary' | 'given'
> & {
  answers: Answers;
  stream: string | null;
  refuses: readonly number[];
  mount: (app: Hono, deps: WebDeps) => void;
};

/** For an endpoint that takes none of these. */
export const nothing = { params: z.object({}), query: z.object({}), body: z.undefined() };

/** Declares an endpoint once for the router, the document and the tests: its access rule, its input and its answers. */
export function endpoint<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  const Said extends Answers,
>(declaration: Declaration<Params, Query, Body, Said>): Endpoint {
  const { method, path, access, summary, given, answers, stream = null, refuses = [] } = declaration;
  return {
    method,
    path,
    access,
    summary,
    given,
    answers,
    stream,
    refuses,
    mount: (app, deps) => {
      app.on(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ':$1'), (context) => guarded(declaration, deps, context));
    },
  };
}

async function guarded<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Said extends Answers,
>(declaration: Declaration<Params, Query, Body, Said>, deps: WebDeps, context: Context): Promise<Response> {
  try {
    return await answered(declaration, deps, context);
  } catch (error) {
    const { method, path } = declaration;
    const away = isDatabaseAway(error);
    if (away) deps.log.warn({ method, path, error }, 'the database is away');
    else deps.log.error({ method, path, error }, 'a request could not be carried out');
    return problemResponse(
      problem(away ? 'away' : 'fault', textOf('en'), away ? { headers: { 'retry-after': '2' } } : {}),
    );
  }
}

async function answered<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Said extends Answers,
>(declaration: Declaration<Params, Query, Body, Said>, deps: WebDeps, context: Context): Promise<Response> {
  const { access, given } = declaration;
  const admission = await admit(deps, context);
  if (admission.outcome === 'out') return problemResponse(admission.problem);
  const { caller } = admission;
  const text = textOf(caller.locale);
  const pace = declaration.pace ?? (declaration.method === 'get' ? 'look' : 'change');
  const taken = await deps.take(pace, `${caller.workspace.id} ${caller.member.id}`);
  const headers = paceHeaders(taken);
  const refuse = (it: Problem) => problemResponse({ ...it, headers: { ...headers, ...it.headers } });
  if (!taken.allowed) return refuse(problem('too_fast', text));
  if (access === 'operator' && caller.scope !== 'operator') return refuse(problem('operators_only', text));
  if (access === 'admin' && !caller.member.isAdmin) return refuse(problem('admins_only', text));

  // An address that cannot name anything, such as an id of another format, is not found.
  const params = given.params.safeParse(context.req.param());
  if (!params.success) return refuse(problem('not_found', text));
  const query = given.query.safeParse(context.req.query());
  if (!query.success) {
    const [issue] = query.error.issues;
    return refuse(misgiven(given.query, issue, { value: context.req.query(), by: 'address', text }));
  }
  const isRead = takesBody(given.body) && !(given.body.safeParse(undefined).success && isBodyless(context));
  const read = isRead
    ? await readBody(context, declaration.maxBodyBytes ?? 64 * 1024)
    : ({ outcome: 'read', value: undefined } as const);
  if (read.outcome !== 'read') return refuse(problem(read.outcome, text));
  const body = given.body.safeParse(read.value);
  if (!body.success) {
    const [issue] = body.error.issues;
    return refuse(misgiven(given.body, issue, { value: read.value, by: 'body', text }));
  }

  const signal = AbortSignal.any([context.req.raw.signal, deps.stopping]);
  const checked = { params: params.data, query: query.data, body: body.data };
  const reply = await declaration.answer({ deps, caller, text, context, signal, ...checked });
  if (reply instanceof Response) {
    for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value);
    return reply;
  }
  if ('refused' in reply) return refuse(reply.refused);
  return Response.json(reply.body, {
    status: Number(reply.status),
    headers: { ...headers, 'cache-control': 'no-store' },
  });
}

/** Whether a request has no body at all. An endpoint whose body may be left out takes it. */
const isBodyless = ({ req }: Context): boolean =>
  req.header('content-type') === undefined && (req.raw.body === null || req.header('content-length') === '0');

const takesBody = (schema: z.ZodType): boolean => !(schema instanceof z.ZodUndefined);
