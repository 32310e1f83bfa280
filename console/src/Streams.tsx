import { Progress, Table, Text, Title } from '@mantine/core';
import { draftsOf, recordsOf } from '../../engine/src/contract/balanceBar.ts';
import type { LiveRun, ProgressLine } from '../../engine/src/contract/console.ts';
import type { StreamReport, TargetReport } from '../../engine/src/contract/report.ts';
import { BalanceBar } from './BalanceBar.tsx';
import { count, lasting } from './words.ts';

/** A balance for every stream, and under it one for each of its targets. */
export function Streams({ live: { report, progress } }: { live: LiveRun }) {
  const running = report.run.state === 'running';
  return (
    <section aria-label="Streams">
      <Title order={2} size="h4" mb="xs">
        Streams
      </Title>
      {report.streams.length === 0 ? (
        <Text c="dimmed">None is entered yet.</Text>
      ) : (
        <Table className="streams" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Stream</Table.Th>
              <Table.Th scope="col">Balance</Table.Th>
              <Table.Th scope="col">Read back</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.streams.map((stream) => (
              <StreamRow
                key={stream.stream}
                stream={stream}
                targets={report.targets.filter((one) => one.stream === stream.stream)}
                progress={
                  running ? progress.find((one) => one.stream === stream.stream) : undefined
                }
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

interface StreamRowProps {
  stream: StreamReport;
  targets: readonly TargetReport[];
  progress: ProgressLine | undefined;
}

function StreamRow({ stream, targets, progress }: StreamRowProps) {
  return (
    <Table.Tr>
      <Table.Th scope="row" className="stream">
        <code>{stream.stream}</code>
        {!stream.keyed && <Text size="xs">no key: compared as a multiset</Text>}
        {progress !== undefined && <Pace progress={progress} />}
      </Table.Th>
      <Table.Td>
        <BalanceBar balance={recordsOf(stream)} />
        {targets.map((target) => (
          <div key={target.target} className="at-target">
            <Text size="xs" c="dimmed">
              at {target.target}
            </Text>
            <BalanceBar balance={draftsOf(target)} />
          </div>
        ))}
      </Table.Td>
      <Table.Td>
        {targets.map((target) => (
          <Comparison key={target.target} target={target} />
        ))}
      </Table.Td>
    </Table.Tr>
  );
}

function Pace({ progress }: { progress: ProgressLine }) {
  const { phase, done, total, ratePerSecond, secondsLeft } = progress;
  const share = total === undefined || total === 0 ? undefined : (done / total) * 100;
  return (
    <div className="pace">
      {share !== undefined && (
        <Progress size="xs" value={share} aria-label={`${phase} of ${progress.stream}`} />
      )}
      <Text size="xs">
        {phase} {count(done)}
        {total === undefined ? '' : ` of ${count(total)}`}
        {ratePerSecond > 0 ? `, ${count(ratePerSecond)}/s` : ''}
        {secondsLeft === undefined ? '' : `, about ${lasting(secondsLeft)} left`}
      </Text>
    </div>
  );
}

function Comparison({ target }: { target: TargetReport }) {
  const { compared, verified, facts, missing, extra, different, unverifiable } = target;
  const wrong = missing + extra + different;
  if (compared === 0) {
    return (
      <Text size="sm" c="dimmed">
        {target.target}: not yet
      </Text>
    );
  }
  return (
    <div>
      <Text size="sm">
        {target.target}: {count(verified)} of {count(compared)} match
      </Text>
      <Text size="xs" c="dimmed">
        {count(facts)} facts of the source
      </Text>
      {wrong > 0 && (
        <Text size="sm" className="wrong" fw={600}>
          {[
            [missing, 'missing'],
            [extra, 'extra'],
            [different, 'different'],
          ]
            .filter(([number]) => number !== 0)
            .map(([number, word]) => `${count(number as number)} ${word}`)
            .join(', ')}
        </Text>
      )}
      {unverifiable > 0 && <Text size="sm">{count(unverifiable)} could not be compared</Text>}
    </div>
  );
}
