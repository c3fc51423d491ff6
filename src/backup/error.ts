/** A backup, a restore or a move cannot go on. The message is one sentence for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
