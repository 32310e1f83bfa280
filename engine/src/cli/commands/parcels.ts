import { systemClock } from '../../base/clock.ts';
import { exitCodes, type ExitCode } from '../../base/errors.ts';
import { committedParcels } from '../../ledger/batches.ts';
import { sweepOrphans } from '../../staging/sweeper.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { withControl } from './look.ts';

const dayMs = 24 * 3_600_000;

/**
 * `handover parcels sweep`: free the room of parcels that no committed batch names. They were born
 * unreadable; `days` must reach back beyond the oldest backup that may still be restored.
 */
export async function sweepCommand(
  project: Project,
  output: Output,
  options: { days: number },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const swept = await sweepOrphans({
      store: project.blobs,
      prefix: '',
      olderThanMs: options.days * dayMs,
      isCommitted: (names) => committedParcels(database, names),
      clock: systemClock,
      log: project.log,
    });
    output.data({ format: 'handover-sweep/1', ...swept }, () => [
      `${counted(swept.removed)} orphans removed (${counted(swept.removedBytes)} bytes), ` +
        `${counted(swept.spared)} too young, ${counted(swept.seen)} parcels seen`,
    ]);
    return exitCodes.ok;
  });
}
