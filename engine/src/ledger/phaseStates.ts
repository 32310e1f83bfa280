import { phases, type Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';

/** How much of one phase of a run is done, in slices. */
export interface PhaseState {
  phase: Phase;
  state: 'to come' | 'under way' | 'done';
  slices: number;
  done: number;
}

/**
 * Every phase of a run in order. `assess` and `link` have no slices: `assess` is done once streams
 * are entered, `link` once a phase after it has begun.
 */
export async function phaseStates(reader: Queries, run: string): Promise<PhaseState[]> {
  const { rows } = await reader.query<{ phase: Phase; slices: string; done: string }>(
    `select phase, count(*) as slices, count(*) filter (where done) as done
       from handover.slice where run = $1 group by phase
     union all
     select 'assess', 0, 0 from handover.stream where run = $1 having count(*) > 0`,
    [run],
  );
  const found = new Map(rows.map((row) => [row.phase, row]));
  const last = phases.findLastIndex((phase) => found.has(phase));
  return phases.map((phase, at) => {
    const slices = Number(found.get(phase)?.slices ?? 0);
    const done = Number(found.get(phase)?.done ?? 0);
    return { phase, state: stateOf(at, last, slices, done), slices, done };
  });
}

function stateOf(at: number, last: number, slices: number, done: number): PhaseState['state'] {
  if (at > last) return 'to come';
  return done < slices ? 'under way' : 'done';
}
