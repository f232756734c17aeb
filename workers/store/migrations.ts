/** Brings heads of projects that older versions saved to the present shape, one step a version. */
import { projectSchema, type ProjectHead } from '../protocol/project';

type Step = (head: ProjectHead) => ProjectHead;

/** By the schema that they start from. */
export const migrations: Record<number, Step> = {
  // Schema 0 was never released: it had no options of opening. It keeps this way from going unused.
  0: (head) => ({ ...head, schema: 1, source: { ...head.source, options: head.source.options ?? {} } }),
};

export function migrate(head: ProjectHead, steps: Record<number, Step> = migrations, to = projectSchema): ProjectHead {
  let migrated = head;
  while (migrated.schema < to) {
    const step = steps[migrated.schema];
    if (!step) throw new RangeError(`There is no way from schema ${migrated.schema} to ${to}.`);
    migrated = step(migrated);
  }
  return migrated;
}
