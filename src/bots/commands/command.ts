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
  /**
   * The command spends credits and answers in the conversation, where everybody sees it. Other commands answer the requester
   * alone.
   */
  startsRun?: true;
  /** The answer stays valid for some time, so we ask the platform for the member's current rights. Admin commands always do that. */
  needsCurrentRights?: true;
  /** For a command that answers with a form: carries out the submitted values. */
  submit?: (request: CommandRequest, values: FormValues) => Promise<Answer>;
  /** For a command with a form: true if it answers these options with its form. Left out: only without options. */
  opensForm?: (given: Given) => boolean;
};

export type FormValues = Readonly<Record<string, string>>;

/** A subcommand, ready for every platform: its name, its options, who may use it, and what it does. */
export type Command = {
  name: string;
  describe: (text: Text) => string;
  access: Access;
  /** In the order in which people meet them. */
  options: readonly NamedOption[];
  /** Checks the given options and carries the command out. A mistake of a person is a refusal; a throw is a fault. */
  perform: (request: CommandRequest, given: Given) => Promise<Answer>;
  /** True if the command spends credits and answers in the conversation. */
  startsRun: boolean;
  /** True if we must ask for the member's current rights, instead of using remembered ones. */
  needsCurrentRights: boolean;
  /** True if the command may answer with a form. */
  hasForm: boolean;
  /** True if the command answers these options with its form. Some platforms must know that before they answer. */
  opensForm: (given: Given) => boolean;
  /** Carries out a form of this command. */
  submit: (request: CommandRequest, values: FormValues) => Promise<Answer>;
  /** True if `given` would be carried out; otherwise the refusal. */
  check: (given: Given) => ReturnType<typeof readGiven>;
};

/** Declares a subcommand, once for all platforms. */
export function command<Shape extends z.ZodRawShape>(declaration: Declaration<Shape>): Command {
  const {
    name,
    describe,
    access,
    options: schema,
    run,
    submit,
    opensForm = (given) => Object.keys(given).length === 0,
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
    opensForm: (given) => submit !== undefined && opensForm(given),
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
