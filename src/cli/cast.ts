import { answerTo, cast } from '../bots/commands/cast.ts';
import type { Answer, CommandRequest } from '../bots/commands/request.ts';
import { createRequest } from '../bots/terminal/person.ts';
import { listCast } from '../db/cast.ts';
import { ensureWorkspace } from '../db/workspaces.ts';
import type { CastKind } from '../domain.ts';
import { addCast } from '../pipeline/castEntries.ts';
import { exitStatus } from './exit.ts';
import { withProgram } from './open.ts';
import { printJson } from './output.ts';
import { showAnswer } from './show.ts';

type Added = { name: string; images: readonly string[]; description: string; kind: CastKind; mayUse: boolean };

/** `vidgenie cast add`: what the form does, for scripts. */
export const add = (wish: Added): Promise<number> =>
  asking(async (request) => {
    const { services, workspace, member, requestKey, openImage, signal } = request;
    const outcome = await addCast(services, { workspace, member, requestKey, openImage, signal, ...wish });
    const answer = answerTo(request, outcome);
    const shown = await showAnswer(services, answer);
    return outcome.outcome === 'added' ? shown : exitStatus.failed;
  });

export const list = (isJson: boolean): Promise<number> =>
  asking(async (request) => {
    if (!isJson) return await answered(request, await cast.perform(request, {}));
    const { services, workspace } = request;
    printJson({ cast: await listCast(services.db, workspace.id) });
    return exitStatus.done;
  });

export const show = (name: string): Promise<number> =>
  asking(async (request) => answered(request, await cast.perform(request, { action: 'show', name })));

export const remove = (name: string): Promise<number> =>
  asking(async (request) => answered(request, await cast.perform(request, { action: 'remove', name })));

const answered = ({ services }: CommandRequest, answer: Answer): Promise<number> => showAnswer(services, answer);

function asking(work: (request: CommandRequest) => Promise<number>): Promise<number> {
  return withProgram({ worker: false, logLevel: 'warn' }, async ({ program: { services }, signal }) => {
    const request = createRequest(services, signal);
    await ensureWorkspace(services.db, request.workspace, services.freeCredits);
    return await work(request);
  });
}
