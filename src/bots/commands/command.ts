import type { z } from 'zod';
import type { Text } from '../text.ts';
import { factsOf, type NamedOption } from './option.ts';
import { type Given, readGiven } from './read.ts';
import type { Answer, CommandRequest } from './request.ts';

type Access = 'member' | 'admin';

type Declaration<Shape extends z.ZodRawShape> = {
  name: string;
  describe: (text: Text) => string;
  access: Access;
  options: z.ZodObject<Shape>;
  run: (request: CommandRequest, options: z.output<z.ZodObject<Shape>>) => Promise<Answer>;
  /** It spends credits and answers in the conversation, where everybody sees it. Other commands answer the requester alone. */
  startsRun?: true;
  /** What it answers with outlives this moment, so the platform is asked for the member's rights anew. Admin commands always do that. */
  needsCurrentRights?: true;
  /** For a command that answers with a form: what happens to the values that come back. */
  submit?: (request: CommandRequest, values: FormValues) => Promise<Answer>;
};

export type FormValues = Readonly<Record<string, string>>;

/** A subcommand, ready for every face: what it is called, what it takes, who may use it, and what it does. */
export type Command = {
  name: string;
  describe: (text: Text) => string;
  access: Access;
  /** In the order in which people meet them. */
  options: readonly NamedOption[];
  /** Checks what was given and carries the command out. What a person did wrong is a refusal; a throw is a fault. */
  perform: (request: CommandRequest, given: Given) => Promise<Answer>;
  /** True when it spends credits and answers in the conversation. */
  startsRun: boolean;
  /** True when the member's rights must be those of this moment, not remembered ones. */
  needsCurrentRights: boolean;
  /** True when it may answer with a form. */
  hasForm: boolean;
  /** Carries out a form of this command. */
  submit: (request: CommandRequest, values: FormValues) => Promise<Answer>;
  /** True when `given` would be carried out, or the refusal that it would meet. */
  check: (given: Given) => ReturnType<typeof readGiven>;
};

/** Declares a subcommand, once for all faces. */
export function command<Shape extends z.ZodRawShape>(declaration: Declaration<Shape>): Command {
  const {
    name,
    describe,
    access,
    options: schema,
    run,
    submit,
    startsRun = false,
    needsCurrentRights = false,
  } = declaration;
  const options = Object.entries(schema.shape).map(([option, shape]) => ({ name: option, ...factsOf(shape) }));
  const guarded = async (request: CommandRequest, act: () => Promise<Answer>): Promise<Answer> =>
    access === 'admin' && !request.member.isAdmin
      ? { kind: 'refusal', refusal: { reason: 'admins_only', command: name } }
      : await act();
  return {
    name,
    describe,
    access,
    options,
    startsRun,
    needsCurrentRights: needsCurrentRights || access === 'admin',
    hasForm: submit !== undefined,
    perform: (request, given) =>
      guarded(request, async () => {
        const read = readGiven(name, options, schema, given);
        return read.outcome === 'refused'
          ? { kind: 'refusal', refusal: read.refusal }
          : await run(request, read.values);
      }),
    submit: (request, values) =>
      guarded(request, async () => {
        if (!submit) throw new Error(`the command ${name} has no form`);
        return await submit(request, values);
      }),
    check: (given) => readGiven(name, options, schema, given),
  };
}
