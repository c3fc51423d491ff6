import { text } from '../../bots/terminal/person.ts';
import { type WorkspaceId, workspaceId } from '../../domain.ts';
import { exitStatus, OperatorError } from '../exit.ts';

/** Asks for confirmation before something is destroyed. If nobody can answer, only `--yes` confirms. False: the person declined. */
export async function confirmed(question: string, isYes: boolean, isJson = false): Promise<boolean> {
  if (isYes) return true;
  // A reader of JSON is a program and cannot confirm.
  if (!process.stdin.isTTY || isJson) throw new OperatorError(text.operations.needsYes(question), exitStatus.misused);
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: question, initialValue: false });
  return !isCancel(answer) && answer;
}

export function readWorkspace(given: string): WorkspaceId {
  const id = workspaceId.safeParse(given);
  if (id.success) return id.data;
  throw new OperatorError(
    text.operator.badGrant.workspace(given, id.error.issues[0]?.message ?? ''),
    exitStatus.misused,
  );
}

export function readNumber(given: string, name: string, min: number, max: number): number {
  const value = /^-?\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new OperatorError(text.operations.badNumber(name, given, min, max), exitStatus.misused);
}
