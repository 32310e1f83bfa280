import { SimpleGrid, Table, Text, Title, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import type { RunReport } from '../../engine/src/contract/report.ts';
import { screenWords } from '../../engine/src/contract/words.ts';
import type { Cause } from './ItemsDrawer.tsx';
import { count, several } from './words.ts';

interface CausesProps {
  report: RunReport;
  onOpen: (cause: Cause) => void;
}

/** What stands in the way, by cause; a number leads to the items behind it. */
export function Causes({ report, onOpen }: CausesProps) {
  const { held, findings, exclusions } = report;
  return (
    <>
      <SimpleGrid
        cols={{ base: 1, lg: held.length > 0 && findings.length > 0 ? 2 : 1 }}
        spacing="lg"
      >
        <CauseTable
          title="Differences"
          empty={`No ${screenWords.finding} so far.`}
          rows={findings.map((line) => ({
            count: line.count,
            what: line.kind === 'unverifiable' ? 'could not compare' : line.kind,
            code: line.code,
            where: line.path === '' ? line.type : line.path,
            stream: `${line.stream} at ${line.target}`,
            owner: line.owner,
            open: () => onOpen({ list: 'differences', line }),
          }))}
        />
        <CauseTable
          title="Held for review"
          empty={`Nothing is ${screenWords.quarantined}.`}
          rows={held.map((line) => ({
            count: line.count,
            what: line.phase,
            code: line.code,
            where: line.path === '' ? 'whole item' : line.path,
            stream: line.target === '' ? line.stream : `${line.stream} at ${line.target}`,
            owner: line.owner,
            open: () => onOpen({ list: 'quarantined', line }),
          }))}
        />
      </SimpleGrid>
      <CauseTable
        title="Excluded"
        empty="Nothing is excluded."
        rows={exclusions.map((line) => ({
          count: line.count,
          what: line.phase,
          code: line.code,
          where: line.path === '' ? 'whole item' : line.path,
          stream: line.stream,
          owner: line.owner,
          open: () => onOpen({ list: 'excluded', line }),
        }))}
      />
    </>
  );
}

interface CauseRow {
  count: number;
  what: string;
  code: string;
  where: string;
  stream: string;
  /** Who has to look at it, or decided; nobody is named where plan and mapping name none. */
  owner: string | undefined;
  open: () => void;
}

function CauseTable({
  title,
  empty,
  rows,
}: {
  title: string;
  empty: string;
  rows: readonly CauseRow[];
}) {
  const items = rows.reduce((sum, row) => sum + row.count, 0);
  return (
    <section aria-label={title}>
      <Title order={2} size="h4" mb="xs">
        {title} <span className="tally">{items === 0 ? 'none' : several(items, 'item')}</span>
      </Title>
      {rows.length === 0 ? (
        <Text c="dimmed">{empty}</Text>
      ) : (
        <Table.ScrollContainer minWidth={420} type="native" tabIndex={0}>
          <Table highlightOnHover verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col" className="number" w={70}>
                  Items
                </Table.Th>
                <Heading>Reason</Heading>
                <Heading>Where</Heading>
                <Heading>Stream</Heading>
                <Heading>Owner</Heading>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={`${row.stream} ${row.what} ${row.code} ${row.where}`}>
                  <Table.Td className="number">
                    <UnstyledButton
                      className="open"
                      onClick={row.open}
                      aria-label={`${several(row.count, 'item')}: ${row.code}, ${row.where}, ${row.stream}`}
                    >
                      {count(row.count)}
                    </UnstyledButton>
                  </Table.Td>
                  <Table.Td>
                    <code>{row.code}</code>
                    <Text size="xs" c="dimmed">
                      {row.what}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <code>{row.where}</code>
                  </Table.Td>
                  <Table.Td>
                    <code>{row.stream}</code>
                  </Table.Td>
                  <Table.Td>
                    {row.owner ? row.owner : <span className="tally">nobody named</span>}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}

function Heading({ children }: { children: ReactNode }) {
  return <Table.Th scope="col">{children}</Table.Th>;
}
