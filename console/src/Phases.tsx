import type { PhaseLine } from '../../engine/src/contract/console.ts';
import { count } from './words.ts';

/** The road of the run, from left to right: what is done, under way and to come. */
export function Phases({ phases }: { phases: readonly PhaseLine[] }) {
  return (
    <ol className="phases" aria-label="Phases">
      {phases.map(({ phase, state, slices, done }) => (
        <li key={phase} className={state.replace(' ', '-')}>
          <strong>{phase}</strong>
          <span>
            {state}
            {state === 'under way' && slices > 0 ? `, ${count(done)} of ${count(slices)}` : ''}
          </span>
        </li>
      ))}
    </ol>
  );
}
