import { Button, Group, Table, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { SessionAnswer } from '../../engine/src/contract/access.ts';
import type { Criterion, GateState } from '../../engine/src/contract/gates.ts';
import { count } from './words.ts';

export interface WaiverWish {
  criterion: string;
  reason: string;
  expires: string;
}

/** What must be true, with what was found and where to look; what is met is folded away. */
export function Criteria({
  state: { criteria, waivers, run, state, author },
  who,
  onWaive,
}: {
  state: GateState;
  who: SessionAnswer;
  onWaive: (wish: WaiverWish) => Promise<boolean>;
}) {
  const [waiving, setWaiving] = useState<string>();
  const waived = new Map(
    waivers.filter(({ counts }) => counts).map((waiver) => [waiver.criterion, waiver]),
  );
  const mayWaive = ({ id, met, waivable, owner }: Criterion): boolean =>
    state === 'shut' &&
    !met &&
    waivable &&
    owner === who.name &&
    author !== who.name &&
    !waived.has(id);
  const row = (one: Criterion) => (
    <Table.Tr key={one.id}>
      <Table.Td>
        {one.domain}: {one.words}
        <div className="identifier small">{one.id}</div>
      </Table.Td>
      <Table.Td>
        <Verdict criterion={one} waiver={waived.get(one.id)} />
        {mayWaive(one) && waiving !== one.id && (
          <Button size="xs" variant="default" onClick={() => setWaiving(one.id)}>
            Waive
          </Button>
        )}
        {waiving === one.id && (
          <WaiverForm
            onSend={async (wish) => {
              if (await onWaive({ criterion: one.id, ...wish })) setWaiving(undefined);
            }}
          />
        )}
      </Table.Td>
      <Table.Td className="number">
        {run === undefined || one.found === 0 ? (
          count(one.found)
        ) : (
          <a href={`/api/runs/${run}/report`} target="_blank" rel="noreferrer">
            {count(one.found)}
          </a>
        )}
      </Table.Td>
      <Table.Td className="number">{count(one.goal)}</Table.Td>
      <Table.Td>{one.waivable ? (one.owner ?? 'not named') : 'nobody may waive it'}</Table.Td>
    </Table.Tr>
  );
  const [unmet, met] = [criteria.filter((one) => !one.met), criteria.filter((one) => one.met)];
  return (
    <>
      {unmet.length > 0 && <CriteriaTable name="Criteria that are not met" rows={unmet.map(row)} />}
      {met.length > 0 && (
        <details open={false}>
          <summary>
            Met: {count(met.length)} of {count(criteria.length)}
          </summary>
          <CriteriaTable name="Criteria that are met" rows={met.map(row)} />
        </details>
      )}
    </>
  );
}

function CriteriaTable({ name, rows }: { name: string; rows: readonly ReactNode[] }) {
  return (
    <div className="wide-table" tabIndex={0} role="region" aria-label={name}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">What must be true</Table.Th>
            <Table.Th scope="col">Is it?</Table.Th>
            <Table.Th scope="col" className="number">
              Found
            </Table.Th>
            <Table.Th scope="col" className="number">
              Allowed
            </Table.Th>
            <Table.Th scope="col">Owner</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{rows}</Table.Tbody>
      </Table>
    </div>
  );
}

function Verdict({
  criterion,
  waiver,
}: {
  criterion: Criterion;
  waiver: GateState['waivers'][number] | undefined;
}) {
  if (criterion.met) return <span className="met">met</span>;
  if (waiver === undefined) return <span className="unmet">not met</span>;
  return (
    <span className="waived">
      waived by {waiver.owner} until {waiver.expiresAt.slice(0, 10)}: {waiver.reason}
    </span>
  );
}

function WaiverForm({
  onSend,
}: {
  onSend: (wish: Omit<WaiverWish, 'criterion'>) => Promise<void>;
}) {
  const [reason, setReason] = useState('');
  const [expires, setExpires] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void onSend({ reason, expires });
      }}
    >
      <Group gap="xs" align="end">
        <TextInput
          size="xs"
          label="Reason, for the certificate"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          required
        />
        <TextInput
          size="xs"
          type="date"
          label="Last day"
          value={expires}
          onChange={(event) => setExpires(event.currentTarget.value)}
          required
        />
        <Button size="xs" type="submit">
          Send
        </Button>
      </Group>
    </form>
  );
}
