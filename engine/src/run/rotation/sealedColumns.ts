import { totpContext } from '../../access/accounts.ts';
import { glassContext } from '../../access/breakGlass.ts';
import { encodeBase32 } from '../../base/base32.ts';
import { parcelContext } from '../../connectors/mllp/inbox.ts';
import { erasureReason, holdReason } from '../../ledger/erasures.ts';
import { existingContext } from '../../ledger/existingResources.ts';
import { rotationReason } from '../../ledger/keyRotations.ts';
import { conflictContext } from '../existing/conflicts.ts';
import { existingCursorContext } from '../existing/readExisting.ts';
import { reasonContext } from '../linkage/decidePair.ts';
import { chartedContext } from '../linkage/chartedRows.ts';
import { cursorContext, rangeContext, snapshotContext } from '../phases/extract.ts';
import { searchContext } from '../phases/remap.ts';
import { joinedKeyContext } from '../related.ts';
import { revisionContext } from '../revision.ts';
import { tellingContext } from '../tellings.ts';

type Cells = Readonly<Record<string, unknown>>;

/** A column of the control database that holds what the project key has sealed or wrapped. */
export interface SealedColumn {
  table: string;
  column: string;
  kind: 'sealed' | 'wrapped';
  /** Columns that say what a value is bound to. */
  by: readonly string[];
  /** What a value of this row may be bound to. */
  contexts(cells: Cells): readonly string[];
}

const text = (cells: Cells, name: string): string => String(cells[name]);
const stableIdIn = (cells: Cells, name: string): string => encodeBase32(cells[name] as Buffer);

function sealed(
  place: string,
  by: readonly string[],
  contexts: (cells: Cells) => readonly string[],
  kind: SealedColumn['kind'] = 'sealed',
): SealedColumn {
  const [schema, name, column = ''] = place.split('.');
  return { table: `${schema}.${name}`, column, kind, by, contexts };
}

/**
 * Every place of the control database that is sealed under the project key. A test holds this list
 * against the schema: a column of bytes is here, or is said to be no such one.
 */
export const sealedColumns: readonly SealedColumn[] = [
  sealed('handover.revision.plan', ['digest'], (row) => [revisionContext(text(row, 'digest'))]),
  sealed('handover.stream.snapshot', ['run', 'name'], (row) => [
    snapshotContext(text(row, 'run'), text(row, 'name')),
  ]),
  sealed('handover.slice.cursor', ['run', 'stream', 'target'], (row) => [
    cursorContext(text(row, 'run'), text(row, 'stream')),
    existingCursorContext(text(row, 'run'), text(row, 'target')),
  ]),
  sealed('handover.slice.range', ['run', 'stream'], (row) => [
    rangeContext(text(row, 'run'), text(row, 'stream')),
    searchContext(text(row, 'run'), text(row, 'stream')),
  ]),
  sealed('handover.parcel.wrapped_key', ['name'], (row) => [text(row, 'name')], 'wrapped'),
  sealed(
    'handover.joined_batch.wrapped_key',
    ['run', 'name', 'slice', 'number'],
    (row) => [
      joinedKeyContext(text(row, 'run'), text(row, 'name'), text(row, 'slice'), Number(row.number)),
    ],
    'wrapped',
  ),
  sealed(
    'handover.inbox_parcel.wrapped_key',
    ['inbox', 'first'],
    (row) => [parcelContext(text(row, 'inbox'), Number(row.first))],
    'wrapped',
  ),
  sealed('handover.telling.told', ['run', 'kind', 'token'], (row) => [
    tellingContext(text(row, 'run'), text(row, 'kind'), (row.token as Buffer).toString('hex')),
  ]),
  sealed('handover.person_decision.reason', ['one', 'other'], (row) => [
    reasonContext(stableIdIn(row, 'one'), stableIdIn(row, 'other')),
  ]),
  sealed('handover.charted.kept', ['run'], (row) => [chartedContext(text(row, 'run'))]),
  sealed('handover.brought_chart.kept', ['run'], (row) => [chartedContext(text(row, 'run'))]),
  sealed('handover.existing_resource.given', ['target', 'type'], (row) => [
    existingContext(text(row, 'target'), text(row, 'type')),
  ]),
  sealed('handover.conflict_decision.reason', ['type', 'token'], (row) => [
    conflictContext(text(row, 'type'), stableIdIn(row, 'token')),
  ]),
  sealed('handover.erasure_request.reason', [], () => [erasureReason]),
  sealed('handover.legal_hold.reason', [], () => [holdReason]),
  sealed('handover.key_rotation_request.reason', [], () => [rotationReason]),
  sealed('access.account.totp', ['name'], (row) => [totpContext(text(row, 'name'))]),
  sealed('access.break_glass.reason', ['account'], (row) => [glassContext(text(row, 'account'))]),
];
