import { Alert, Button, Group, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import type { PasskeyList } from '../../engine/src/contract/access.ts';
import { addPasskey, passkeys, Refused, removePasskey } from './ask.ts';
import { instant } from './words.ts';

/** One's own passkeys: which there are, a new one, and away with one. */
export function PasskeysPage() {
  const [list, setList] = useState<PasskeyList['passkeys']>([]);
  const [label, setLabel] = useState('');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState('');
  const look = useCallback(async () => setList((await passkeys()).passkeys), []);
  const run = useCallback(
    async (what: () => Promise<void>): Promise<void> => {
      try {
        await what();
        await look();
        setProblem('');
      } catch (error) {
        const told = error instanceof Refused ? error.problem : undefined;
        setProblem(
          told === undefined
            ? 'It did not come about. Passkeys work under a name, such as localhost, and not under a number.'
            : `${told.message} ${told.next ?? ''}`,
        );
      }
    },
    [look],
  );
  useEffect(() => void run(async () => undefined), [run]);
  const add = async (): Promise<void> => {
    await run(() => addPasskey(label, code));
    setCode('');
  };
  return (
    <main className="page">
      <Stack>
        <Title order={2} size="h4">
          Passkeys
        </Title>
        <Text c="dimmed">
          A passkey signs in without password and code: the device asks who you are, and no other
          address can ask for it.
        </Text>
        {list.length > 0 && (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Made</Table.Th>
                <Table.Th>Used</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.map((one) => (
                <Table.Tr key={one.id}>
                  <Table.Td>{one.label}</Table.Td>
                  <Table.Td>{instant(one.createdAt)}</Table.Td>
                  <Table.Td>{one.usedAt === undefined ? 'never' : instant(one.usedAt)}</Table.Td>
                  <Table.Td>
                    <Button variant="default" onClick={() => void run(() => removePasskey(one.id))}>
                      Remove {one.label}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void add();
          }}
        >
          <Group align="end">
            <TextInput
              label="Name of the device"
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
              maxLength={64}
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
            <Button type="submit">Make a passkey</Button>
          </Group>
        </form>
        {problem !== '' && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
      </Stack>
    </main>
  );
}
