import {
  Alert,
  Button,
  Loader,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useEffect, useState } from 'react';
import type { DoorAnswer } from '../../engine/src/contract/console.ts';
import { door, Refused, signIn, signInByPasskey } from './ask.ts';

/**
 * An account with both its factors opens a session, or the identity provider does; while the project has
 * neither, the code that the terminal shows. Nothing of it is kept in the browser.
 */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [answer, setAnswer] = useState<DoorAnswer>();
  const [account, setAccount] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    door().then(
      (said) => {
        setAnswer(said);
        if (said.refused !== undefined) setProblem(sentences(said.refused));
      },
      () => setAnswer({ format: 'handover-door/1', accounts: false, passkeys: false }),
    );
  }, []);
  const awaits = answer?.awaits;
  const byAccount = awaits === undefined ? answer?.accounts : undefined;
  const enter = async (how: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await how();
      setPassword('');
      onSignedIn();
    } catch (error) {
      setProblem(told(error));
    } finally {
      setCode('');
      setBusy(false);
    }
  };
  const submit = (): Promise<void> =>
    enter(() => signIn(byAccount === true ? { account, password, code } : { code }));
  return (
    <main className="sign-in">
      <Paper withBorder p="xl" maw={440} w="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Stack>
            <Title order={1} size="h2">
              Handover
            </Title>
            {answer === undefined && <Loader aria-label="Loading" />}
            {awaits === 'code' && (
              <>
                <Text c="dimmed">{answer?.provider} has signed you in. One factor is missing.</Text>
                <TextInput
                  label="Code of your app"
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value)}
                  autoComplete="one-time-code"
                  inputMode="numeric"
                  data-autofocus
                  required
                />
              </>
            )}
            {answer?.provider !== undefined && (
              <Button component="a" href="/api/oidc/begin" variant="default">
                Sign in with {answer.provider}
              </Button>
            )}
            {byAccount === true && answer?.passkeys === true && (
              <Button variant="default" onClick={() => void enter(signInByPasskey)}>
                Sign in with a passkey
              </Button>
            )}
            {byAccount === true && (
              <>
                <TextInput
                  label="Account"
                  value={account}
                  onChange={(event) => setAccount(event.currentTarget.value)}
                  autoComplete="username"
                  required
                />
                <PasswordInput
                  label="Password"
                  value={password}
                  onChange={(event) => setPassword(event.currentTarget.value)}
                  autoComplete="current-password"
                  required
                />
                <TextInput
                  label="Code of your app"
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value)}
                  autoComplete="one-time-code"
                  inputMode="numeric"
                  required
                />
              </>
            )}
            {byAccount === false && (
              <>
                <Text c="dimmed">The terminal that runs the console shows a sign-in code.</Text>
                <PasswordInput
                  label="Sign-in code"
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value)}
                  autoComplete="off"
                  data-autofocus
                  required
                />
              </>
            )}
            {problem !== '' && (
              <Alert color="red" role="alert">
                {problem}
              </Alert>
            )}
            <Button type="submit" loading={busy} disabled={answer === undefined}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}

function told(error: unknown): string {
  return sentences(error instanceof Refused ? error.problem : { message: 'Failed.' });
}

function sentences({ message, next }: { message: string; next?: string }): string {
  return [message, next].filter((part) => part !== undefined).join(' ');
}
