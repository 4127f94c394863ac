import type { Migration, SessionDocument } from './migration.ts';

/** The version that the last migration leads to. Throws where ids do not count 1, 2, 3, ...: a bug. */
export function formatVersionAfter(migrations: readonly Migration[]): number {
  for (const [i, { id }] of migrations.entries()) {
    if (id !== i + 1) throw new Error(`Migration ${id} stands where ${i + 1} belongs.`);
  }
  return migrations.length + 1;
}

/** The document in the newest format. One that is newer than that stays as it is: unknown fields are kept. */
export function migrate(
  document: SessionDocument,
  formatVersion: number,
  migrations: readonly Migration[],
): SessionDocument {
  let current = document;
  for (const { id, up } of migrations.slice(formatVersion - 1)) {
    const { manifest, state } = up(current);
    current = { manifest: { ...manifest, formatVersion: id + 1 }, state };
  }
  return current;
}
