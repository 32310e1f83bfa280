import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Refused, signIn } from './ask.ts';

/** The code that the terminal shows opens a session; it is kept nowhere in the browser. */
export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      await signIn(code);
      setCode('');
      onSignedIn();
    } catch (error) {
      const { message, next } = error instanceof Refused ? error.problem : { message: 'Failed.' };
      setProblem([message, next].filter((part) => part !== undefined).join(' '));
    } finally {
      setBusy(false);
    }
  };
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
            <Text c="dimmed">The terminal that runs the console shows a sign-in code.</Text>
            <PasswordInput
              label="Sign-in code"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
              required
            />
            {problem !== '' && (
              <Alert color="red" role="alert">
                {problem}
              </Alert>
            )}
            <Button type="submit" loading={busy}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
