import { Alert, Button, Drawer, Loader, Stack, Table, Text } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import type { DifferenceItem, HeldItem, ItemPage } from '../../engine/src/contract/console.ts';
import type { CauseLine, FindingLine } from '../../engine/src/contract/report.ts';
import { differenceItems, heldItems, type HeldKind } from './ask.ts';
import { instant, several } from './words.ts';

/** A cause whose items are looked at. */
export type Cause =
  { list: HeldKind; line: CauseLine } | { list: 'differences'; line: FindingLine };

/** A row of either list, as the drawer shows it. */
interface Row {
  id: string;
  place: string;
  /** Resource at the target, or the keyed token of the source key. */
  about: string;
  digest: string | undefined;
  since: string | undefined;
}

/** The items behind a number: where each stands, and by which digests it can be found again. */
export function ItemsDrawer({
  run,
  cause,
  onClose,
}: {
  run: string;
  cause: Cause | undefined;
  onClose: () => void;
}) {
  return (
    <Drawer
      opened={cause !== undefined}
      onClose={onClose}
      position="right"
      size="xl"
      title={cause === undefined ? '' : titleOf(cause)}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {cause !== undefined && <Items run={run} cause={cause} />}
    </Drawer>
  );
}

function titleOf({ line }: Cause): string {
  const where = line.path === '' ? '' : ` at ${line.path}`;
  return `${several(line.count, 'item')}: ${line.code}${where}`;
}

function Items({ run, cause }: { run: string; cause: Cause }) {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [next, setNext] = useState<string | undefined>('');
  const [problem, setProblem] = useState('');
  const load = useCallback(
    async (after: string): Promise<void> => {
      try {
        const page = await pageOf(run, cause, after);
        setRows((known) => (after === '' ? page.rows : [...known, ...page.rows]));
        setNext(page.next);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : 'The items could not be read.');
      }
    },
    [run, cause],
  );
  useEffect(() => void load(''), [load]);
  if (problem !== '') return <Alert color="red">{problem}</Alert>;
  if (rows.length === 0 && next === '') return <Loader aria-label="Loading" />;
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {cause.line.stream}. The content stays sealed; where a person has to see it,{' '}
        <code>handover quarantine show ID --reveal</code> shows it and is audited.
      </Text>
      <Table verticalSpacing={6} className="items">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Item</Table.Th>
            <Table.Th scope="col">Slice, batch, place</Table.Th>
            <Table.Th scope="col">
              {cause.list === 'differences' ? 'Resource' : 'Key token'}
            </Table.Th>
            <Table.Th scope="col">Digest</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ id, place, about, digest, since }) => (
            <Table.Tr key={id}>
              <Table.Td>
                {id}
                {since !== undefined && (
                  <Text size="xs" c="dimmed">
                    {instant(since)}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{place}</Table.Td>
              <Table.Td>
                <code>{about}</code>
              </Table.Td>
              <Table.Td>
                <code title={digest}>{digest === undefined ? 'none' : digest.slice(0, 16)}</code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {next !== undefined && next !== '' && (
        <Button variant="default" onClick={() => void load(next)}>
          Show more
        </Button>
      )}
    </Stack>
  );
}

async function pageOf(
  run: string,
  cause: Cause,
  after: string,
): Promise<{ rows: Row[]; next: string | undefined }> {
  if (cause.list === 'differences') {
    return rowsOf(await differenceItems(run, cause.line, after), differenceRow);
  }
  const { line } = cause;
  return rowsOf(await heldItems(run, cause.list, line, after), (item) => heldRow(item, line));
}

function rowsOf<Item>(page: ItemPage<Item>, toRow: (item: Item) => Row) {
  return { rows: page.items.map(toRow), next: page.next };
}

/** Items of one cause may stand at different places of their own: `character 120`. */
function heldRow(item: HeldItem, cause: CauseLine): Row {
  const { id, slice, batch, ordinal, path, token, digest, raisedAt } = item;
  const where = path === cause.path ? '' : `: ${path}`;
  const place = `${placeOf(slice, batch, ordinal)}${where}`;
  return { id, place, about: token, digest, since: raisedAt };
}

function differenceRow(item: DifferenceItem): Row {
  const { id, slice, batch, ordinal, type, resource, digest } = item;
  const about = `${type}/${resource}`;
  return { id, place: placeOf(slice, batch, ordinal), about, digest, since: undefined };
}

function placeOf(slice: string, batch: number, ordinal: number): string {
  return ordinal < 0 ? slice : `${slice}, ${batch}, ${ordinal}`;
}
