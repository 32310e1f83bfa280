import { Alert, Loader, Stack, Text } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import type { SessionAnswer } from '../../engine/src/contract/access.ts';
import type { GateState } from '../../engine/src/contract/gates.ts';
import { gates, Refused } from './ask.ts';
import { Gate } from './Gate.tsx';

/** The gates of the plan: what must be true, what is, who agreed, and what is missing. */
export function GatesPage({ who, run }: { who: SessionAnswer; run: string | undefined }) {
  const [list, setList] = useState<readonly GateState[]>();
  const [problem, setProblem] = useState('');
  const load = useCallback(async (): Promise<void> => {
    try {
      setList((await gates()).gates);
      setProblem('');
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return;
      setProblem(error instanceof Error ? error.message : 'The gates could not be read.');
    }
  }, []);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), 3000);
    return () => clearInterval(timer);
  }, [load]);
  return (
    <main className="page">
      <Stack gap="lg">
        {problem !== '' && (
          <Alert color="yellow" role="alert">
            {problem} What is shown may be old.
          </Alert>
        )}
        {list === undefined && <Loader aria-label="Loading" />}
        {list?.length === 0 && (
          <Text>
            No gate yet. There is one for each target once a run of the plan has been begun.
          </Text>
        )}
        {list?.map((state) => (
          <Gate key={state.gate} state={state} who={who} run={run} onChanged={load} />
        ))}
      </Stack>
    </main>
  );
}
