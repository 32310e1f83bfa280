import type { ExitCode } from '../../base/errors.ts';
import { exitCodes } from '../../base/errors.ts';
import {
  purgeInbox,
  summariseInbox,
  type InboxPurge,
  type InboxSummary,
} from '../../run/inboxes.ts';
import { counted, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { stationsOf } from './listen.ts';
import { withControl } from './look.ts';

/** `handover inbox list`: where what was received is, and what was noted of it. */
export async function inboxListCommand(
  project: Project,
  output: Output,
  names: readonly string[],
): Promise<ExitCode> {
  const wanted = await stationsOf(project, output, names);
  return withControl(project, async (database) => {
    const sources: InboxSummary[] = [];
    for (const name of wanted.keys()) {
      sources.push(await summariseInbox({ database, key: project.key }, name));
    }
    output.data({ format: 'handover-inbox/1', sources }, () => sources.flatMap(linesOf));
    return exitCodes.ok;
  });
}

function linesOf({ source, arrivals, repeats, purged, streams, issues }: InboxSummary): string[] {
  const heading = `${source}: ${counted(arrivals)} received, ${counted(repeats)} sent again, ${counted(purged)} purged`;
  const states = table(
    ['message type', 'waiting', 'moved', 'held'],
    streams.map((one) => [one.stream, one.waiting, one.moved, one.held]),
  );
  const noted = table(
    ['issue', 'acknowledged', 'messages'],
    issues.map((one) => [one.code, one.refused ? 'no' : 'yes', one.count]),
  );
  return [
    heading,
    ...(streams.length === 0 ? [] : ['', ...states]),
    ...(issues.length === 0 ? [] : ['', ...noted]),
    '',
  ];
}

export interface PurgeOptions {
  after: number;
}

/** `handover inbox purge`: destroy the bytes of what was moved long enough ago. */
export async function inboxPurgeCommand(
  project: Project,
  output: Output,
  names: readonly string[],
  { after }: PurgeOptions,
): Promise<ExitCode> {
  const wanted = await stationsOf(project, output, names);
  return withControl(project, async (database) => {
    const sources: InboxPurge[] = [];
    for (const name of wanted.keys()) {
      sources.push(await purgeInbox({ database, key: project.key }, name, after));
    }
    output.data({ format: 'handover-inbox-purge/1', days: after, sources }, () =>
      table(
        ['source', 'purged', 'kept'],
        sources.map((one) => [one.source, one.purged, one.kept]),
      ),
    );
    return exitCodes.ok;
  });
}
