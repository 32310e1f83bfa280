import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { Role, SessionAnswer } from '../../engine/src/contract/access.ts';
import type { GateState } from '../../engine/src/contract/gates.ts';
import { decide, Refused } from './ask.ts';
import { Criteria } from './Criteria.tsx';
import { instant } from './words.ts';

/** One gate, and what the person who is signed in may do about it. */
export function Gate({
  state,
  who,
  run,
  onChanged,
}: {
  state: GateState;
  who: SessionAnswer;
  run: string | undefined;
  onChanged: () => Promise<void>;
}) {
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const { gate, evidence, approvals, exceptions } = state;
  const act = async (...[what, body]: [Parameters<typeof decide>[1], object]): Promise<boolean> => {
    setBusy(true);
    try {
      await decide(gate, what, body);
      setProblem('');
      return true;
    } catch (error) {
      setProblem(error instanceof Refused ? error.problem.message : 'Nothing was decided.');
      return false;
    } finally {
      await onChanged();
      setBusy(false);
    }
  };
  const may = (...roles: Role[]): boolean => who.roles.some((role) => roles.includes(role));
  const asked = state.author !== undefined && state.state !== 'passed';
  const mine = approvals.some(({ approver, counts }) => counts && approver === who.name);
  const approves = asked && may('clinician', 'compliance', 'steward') && state.author !== who.name;
  return (
    <section aria-labelledby={gate} className="gate">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h3" id={gate}>
            {gateWords(gate)}
          </Title>
          <Text className={`gate-word ${state.state.replaceAll(' ', '-')}`}>{state.state}</Text>
        </Group>
        <Text size="sm">{storyOf(state)}</Text>
        <ul className="approvals">
          {approvals.map(({ approver, approvedAt, counts }) => (
            <li key={`${approver}${approvedAt}${String(counts)}`}>
              Approved by <strong>{approver}</strong>, {instant(approvedAt)}
              {counts ? '' : ': of other evidence than stands now, so it does not count'}
            </li>
          ))}
          {lackingApprovals(state).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {exceptions.length > 0 && (
          <ul className="exceptions" aria-label="Exceptions from verified TLS">
            {exceptions.map(({ system, owner, expires, reason }) => (
              <li key={system}>
                <strong>{system}</strong> is reached without verified TLS until {expires}; {owner}{' '}
                answers for it: {reason}
              </li>
            ))}
          </ul>
        )}
        {problem !== '' && (
          <Alert color="red" role="alert" className="gate-problem">
            {problem}
          </Alert>
        )}
        <Group gap="sm">
          {state.state !== 'passed' && may('lead') && run !== undefined && (
            <Button variant="default" loading={busy} onClick={() => void act('requests', { run })}>
              Ask for it on the chosen run
            </Button>
          )}
          {approves && !mine && (
            <Button loading={busy} onClick={() => void act('approvals', { evidence })}>
              Approve
            </Button>
          )}
          {state.state === 'open' && may('lead', 'operator') && (
            <Button color="red" loading={busy} onClick={() => void act('open', {})}>
              Open the target to its users
            </Button>
          )}
        </Group>
        <Criteria state={state} who={who} onWaive={(wish) => act('waivers', wish)} />
        <Text size="xs" className="identifier">
          evidence {evidence}
        </Text>
      </Stack>
    </section>
  );
}

/** What is missing beside criteria, which stand in their own table. */
function lackingApprovals({ missing, criteria, author }: GateState): string[] {
  if (author === undefined) return [];
  const unmet = criteria.filter(({ met }) => !met).map(({ id }) => `${id}: `);
  return missing.filter((line) => !unmet.some((start) => line.startsWith(start)));
}

function gateWords(gate: string): string {
  return `Open “${gate.replace(/^open:/, '')}” to its users`;
}

function storyOf({ author, requestedAt, passedBy, passedAt, run }: GateState): string {
  if (passedBy !== undefined) {
    return `Opened by ${passedBy}, ${instant(passedAt ?? '')}. From then on it is corrected, never undone.`;
  }
  if (author === undefined) {
    return 'Nobody has asked for it. What stands here is what the newest run shows.';
  }
  return `Asked for by ${author}, ${instant(requestedAt ?? '')}, on run ${run ?? ''}. Two others must agree.`;
}
