/** Exit statuses: 1 if the command failed, 2 if it was used wrongly, 128 + n after signal n. */
export const exitStatus = { done: 0, failed: 1, misused: 2, interrupted: 130, terminated: 143 } as const;

/** An error that the operator can fix. Its message is the one line that they read. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly status: number;

  constructor(message: string, status: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}
