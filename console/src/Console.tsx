import { Button, Center, Group, Loader, Select, Text, Title } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import type { RunList } from '../../engine/src/contract/console.ts';
import type { SessionAnswer } from '../../engine/src/contract/access.ts';
import { Refused, runs, session, signOut } from './ask.ts';
import { GatesPage } from './GatesPage.tsx';
import { PasskeysPage } from './PasskeysPage.tsx';
import { RunPage } from './RunPage.tsx';
import { SignIn } from './SignIn.tsx';
import { instant } from './words.ts';

/** Whoever reads the terminal has no account, and so no passkeys. */
function pagesOf({ kind }: SessionAnswer): (keyof typeof pageWords)[] {
  return kind === 'host' ? ['run', 'gates'] : ['run', 'gates', 'passkeys'];
}

const pageWords = { run: 'Run', gates: 'Gates', passkeys: 'Passkeys' };

type Door = 'asking' | 'shut' | 'open';

/** The whole console: signed in or not, and which run is looked at. */
export function Console() {
  const [door, setDoor] = useState<Door>('asking');
  const [list, setList] = useState<RunList>();
  const [trouble, setTrouble] = useState('');
  const [chosen, setChosen] = useState<string>();
  const [who, setWho] = useState<SessionAnswer>();
  const [page, setPage] = useState<keyof typeof pageWords>('run');
  const enter = useCallback(async (): Promise<void> => {
    try {
      setList(await runs());
      setWho(await session());
      setTrouble('');
      setDoor('open');
    } catch (error) {
      const shut = error instanceof Refused && error.status === 401;
      if (shut) setDoor('shut');
      else setTrouble(error instanceof Error ? error.message : 'The console does not answer.');
    }
  }, []);
  useEffect(() => {
    void enter();
    // A run that is begun while the page is open must appear.
    const timer = setInterval(() => void enter(), 1000);
    return () => clearInterval(timer);
  }, [enter]);

  if (door === 'shut') return <SignIn onSignedIn={() => void enter()} />;
  if (list === undefined || who === undefined) return <Waiting trouble={trouble} />;
  const run = chosen ?? list.runs[0]?.id;
  const leave = async (): Promise<void> => {
    await signOut().catch(() => undefined);
    setList(undefined);
    setWho(undefined);
    setPage('run');
    setDoor('shut');
  };
  return (
    <>
      <header className="top">
        <Group justify="space-between" gap="sm">
          <Title order={1} size="h3">
            Handover <span className="project">{list.project}</span>
          </Title>
          <Group gap="sm">
            <nav aria-label="Pages">
              <Group gap="xs">
                {pagesOf(who).map((one) => (
                  <Button
                    key={one}
                    variant="default"
                    className="page-button"
                    aria-current={page === one ? 'page' : undefined}
                    onClick={() => setPage(one)}
                  >
                    {pageWords[one]}
                  </Button>
                ))}
              </Group>
            </nav>
            {list.runs.length > 0 && (
              <Select
                aria-label="Run"
                w={290}
                allowDeselect={false}
                value={run ?? null}
                data={list.runs.map(({ id, state, startedAt }) => ({
                  value: id,
                  label: `${instant(startedAt)} · ${state}`,
                }))}
                onChange={(value) => setChosen(value ?? undefined)}
              />
            )}
            <Text size="sm" className="who">
              {who.name}
              <span className="small"> {who.roles.join(', ')}</span>
            </Text>
            <Button variant="default" onClick={() => void leave()}>
              Sign out
            </Button>
          </Group>
        </Group>
      </header>
      {trouble !== '' && (
        <p className="trouble" role="alert">
          {trouble} What is shown may be old.
        </p>
      )}
      {page === 'passkeys' ? (
        <PasskeysPage />
      ) : page === 'gates' ? (
        <GatesPage who={who} run={run} />
      ) : run === undefined ? (
        <main className="page">
          <Text>
            No run yet. Begin one with <code>handover run</code>; it will appear here.
          </Text>
        </main>
      ) : (
        <RunPage run={run} onSignedOut={() => setDoor('shut')} />
      )}
    </>
  );
}

function Waiting({ trouble }: { trouble: string }) {
  return (
    <Center h="100vh">
      {trouble === '' ? <Loader aria-label="Loading" /> : <Text role="alert">{trouble}</Text>}
    </Center>
  );
}
