/**
 * The command line in a process that can be made to die: `node child.ts ARGUMENT…`. It tells on file
 * descriptor 3 the name of each durable operation, one a line, before the operation happens; and
 * where `HANDOVER_STRIKE` says so, it sends itself a signal before or after one of them.
 */
import { writeSync } from 'node:fs';
import { listenToDurableOperations, type DurableMoment } from '../../src/base/durableOperation.ts';
import { announceEngineWrites } from './engineWrites.ts';

/** At which announcement (from 1) of which operations the process sends itself what. */
export interface OwnStrike {
  at: number;
  moment: DurableMoment;
  signal: 'SIGKILL' | 'SIGSTOP';
  /** Only operations of this name are counted; absent: all. */
  name?: string;
}

const announcements = 3;

function obey(strike: Partial<OwnStrike>): void {
  const count = { before: 0, after: 0 };
  listenToDurableOperations((name, moment) => {
    if (name === 'heartbeat') return;
    if (moment === 'before') writeSync(announcements, `${name}\n`);
    if (strike.name !== undefined && strike.name !== name) return;
    // Each moment by itself: operations of coordinator and slices overlap.
    if (++count[moment] !== strike.at || moment !== strike.moment) return;
    process.kill(process.pid, strike.signal);
  });
}

if (import.meta.main) {
  obey(JSON.parse(process.env['HANDOVER_STRIKE'] ?? '{}') as Partial<OwnStrike>);
  announceEngineWrites();
  await import('../../src/cli/main.ts');
}
