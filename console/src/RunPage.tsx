import { Alert, Anchor, Group, Loader, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { LiveRun } from '../../engine/src/contract/console.ts';
import { Causes } from './Causes.tsx';
import { ItemsDrawer, type Cause } from './ItemsDrawer.tsx';
import { Phases } from './Phases.tsx';
import { Streams } from './Streams.tsx';
import { useLiveRun, type Feed } from './useLiveRun.ts';
import { Verdict } from './Verdict.tsx';
import { instant, lasting, secondsBetween } from './words.ts';

/** One run, live: verdict, phases, a balance for every stream, and what stands in the way. */
export function RunPage({ run, onSignedOut }: { run: string; onSignedOut: () => void }) {
  const { live, feed } = useLiveRun(run);
  const [cause, setCause] = useState<Cause>();
  useEffect(() => {
    if (feed === 'signed out') onSignedOut();
  }, [feed, onSignedOut]);
  if (live === undefined) return <NotYet feed={feed} />;
  const { report } = live;
  return (
    <main className="page">
      <Stack gap="lg">
        {feed !== 'live' && (
          <Alert color="yellow" role="alert">
            {feedWords[feed]} What is shown may be old.
          </Alert>
        )}
        <Verdict report={report} />
        <RunLine live={live} />
        <Phases phases={live.phases} />
        <Streams live={live} />
        <Causes report={report} onOpen={setCause} />
      </Stack>
      <ItemsDrawer run={run} cause={cause} onClose={() => setCause(undefined)} />
    </main>
  );
}

const feedWords: Readonly<Record<Feed, string>> = {
  live: '',
  connecting: 'The console does not answer just now.',
  trouble: 'The ledger could not be read just now.',
  gone: 'The ledger has no such run.',
  'signed out': 'The session has ended.',
};

function NotYet({ feed }: { feed: Feed }) {
  return (
    <main className="page">
      {feed === 'gone' || feed === 'trouble' ? (
        <Alert color="yellow" role="alert">
          {feedWords[feed]}
        </Alert>
      ) : (
        <Loader aria-label="Loading" />
      )}
    </main>
  );
}

function RunLine({ live: { report } }: { live: LiveRun }) {
  const { id, state, code, strategy, startedAt, endedAt, resumes } = report.run;
  const seconds = secondsBetween(startedAt, endedAt);
  return (
    <Group gap="lg" className="run-line">
      <Text size="sm">
        {state}
        {code !== undefined && code !== 'none' ? ` (${code})` : ''} · {strategy}
      </Text>
      <Text size="sm">
        began {instant(startedAt)}
        {seconds === undefined
          ? ''
          : `, ${endedAt === undefined ? 'so far' : 'took'} ${lasting(seconds)}`}
        {resumes > 0 ? `, resumed ${resumes} ×` : ''}
      </Text>
      <Text size="sm" className="identifier">
        run {id}
      </Text>
      <Anchor size="sm" href={`/api/runs/${id}/report`} target="_blank" rel="noreferrer">
        Report for a meeting
      </Anchor>
    </Group>
  );
}
