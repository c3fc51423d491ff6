import { text } from '../bots/terminal/person.ts';
import { migrateQueue } from '../pipeline/queue/postgres.ts';
import { exitStatus } from './exit.ts';
import { withProgram } from './open.ts';
import { print, printJson } from './output.ts';
import { appliedMigrations } from './schemaState.ts';

/** `vidgenie migrate`: migrates the database separately. Every start does the same by itself. */
export const migrate = ({ isJson }: { isJson: boolean }): Promise<number> =>
  withProgram({ worker: false, logLevel: 'info' }, async ({ program }) => {
    await migrateQueue(program.database.directUrl);
    const store = await program.services.store.prepare();
    const { applied } = await appliedMigrations(program.database.db);
    if (isJson) printJson({ migrations: applied, store });
    else print(text.operator.migrated(applied), ...(store === 'made' ? [text.operator.storeMade] : []));
    return exitStatus.done;
  });
