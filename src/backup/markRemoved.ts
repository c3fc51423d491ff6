import type pg from 'pg';

/**
 * Marks objects as removed that retention or a member removed while the backup was taken. Its rows are of a moment before, so they
 * would name objects for ever that no store has.
 */
export async function markRemoved(client: pg.Client, keys: readonly string[]): Promise<void> {
  // A backup without such keys may have an older schema than these statements.
  if (keys.length === 0) return;
  await client.query(
    `UPDATE assets SET removed_at = now(), erase_due_at = now(), erased_at = now()
     WHERE removed_at IS NULL AND object_key = ANY ($1)`,
    [keys],
  );
  // The backup may have other images of the entry: retention erases them, and then notes it.
  await client.query(
    `UPDATE cast_entries SET removed_at = now() WHERE removed_at IS NULL AND EXISTS (
       SELECT FROM jsonb_array_elements(images) image WHERE image->>'objectKey' = ANY ($1))`,
    [keys],
  );
}
