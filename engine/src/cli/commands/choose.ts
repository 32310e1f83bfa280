import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { listExceptions, type Exception } from '../../ledger/exceptions.ts';
import { chooseWholeRun } from '../../run/begin.ts';
import { chooseNewest, chooseRecords } from '../../run/choose.ts';
import { parcelsOf } from '../composition.ts';
import { several, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { withControl } from './look.ts';

export interface ChooseOptions {
  run?: string;
  stream?: string;
  newest?: string;
}

/** `handover quarantine choose`: of held items with one key, which one stands. */
export async function chooseCommand(
  project: Project,
  output: Output,
  ids: readonly string[],
  { run: id, stream, newest }: ChooseOptions,
): Promise<ExitCode> {
  const byColumn = stream !== undefined && newest !== undefined && ids.length === 0;
  if (!byColumn && (ids.length === 0 || newest !== undefined)) throw nothingChosen();
  return withControl(project, async (database) => {
    const run = await chooseWholeRun(database, id);
    const held = await listExceptions(database, run.id, {
      kind: 'quarantined',
      standing: true,
      ...(byColumn ? { stream, code: 'duplicate-key' } : { ids }),
    });
    requireAll(held, ids);
    const services = { database, parcels: parcelsOf(project, database) };
    const chosen = byColumn
      ? await chooseNewest(services, run, held, newest, 'operator')
      : await chooseRecords(services, run, held, 'operator');
    output.data({ format: 'handover-choice/1', run: run.id, ...chosen }, () => [
      `${several(chosen.keys, 'item')} to stand, ${several(chosen.setAside, 'other')} set aside`,
      ...(chosen.undecided > 0
        ? [`${several(chosen.undecided, 'key')} without a newest item: held as before`]
        : []),
    ]);
    if (chosen.keys > 0) {
      output.note(
        'Nothing has moved yet: `handover quarantine replay --code duplicate-key` does it.',
      );
    }
    return exitCodes.ok;
  });
}

/** @throws HandoverError `held-unknown` (exit 2) with the ids of which nothing is held. */
export function requireAll(held: readonly Exception[], ids: readonly string[]): void {
  const found = new Set(held.map((one) => one.id));
  const missing = ids.filter((one) => !found.has(one));
  if (missing.length === 0) return;
  throw new HandoverError('held-unknown', `Not held in this run: ${missing.join(', ')}.`, {
    exitCode: exitCodes.usage,
    next: 'See the ids with `handover quarantine list`.',
  });
}

function nothingChosen(): HandoverError {
  return new HandoverError('choice-missing', 'Which items are to stand is not said.', {
    exitCode: exitCodes.usage,
    next: 'Give their ids, or --stream NAME --newest COLUMN.',
  });
}
