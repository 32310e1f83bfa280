import { dateReader } from '../facts/dates.ts';
import { openRecordFields } from '../facts/recordFields.ts';
import type { RecordFields } from '../facts/fields.ts';
import type { RecordText } from '../folds.ts';
import type { ScopeDeclaration } from '../scopeSource.ts';
import type { DocumentsBy } from '../shape.ts';
import type { RecordMediaType } from '../../model/record.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { Stream } from '../../model/stream.ts';

/** Which of a patient's documents a record belongs to: a key of an encounter, a year, or nothing. */
export type DocumentPart = (record: RecordText) => string;

/**
 * Tells the records of one patient apart that land in different documents, from their bytes as facts read
 * them: mapping and facts have to agree in which document a record is looked for. A record without an
 * encounter, or a date that can be read, goes with the others of its patient that have none. Undefined: one
 * document for each patient; a declaration that lacks the column is told by {@link partProblem}.
 */
export function documentPart(
  stream: Stream,
  scope: ScopeDeclaration,
  by: DocumentsBy,
  settings: Pick<SourceSettings, 'centuryPivot'>,
): DocumentPart | undefined {
  const name = by === 'encounter' ? scope.encounter : scope.date?.column;
  const at = stream.columns.findIndex((column) => column.name === name);
  if (by === 'patient' || at === -1) return undefined;
  const text = fieldReader(stream.columns.length, at);
  if (by === 'encounter') return text;
  const options = { pivot: settings.centuryPivot, zone: undefined, clockChange: undefined };
  const read = dateReader({ pattern: scope.date?.pattern ?? '', ...options }, 'date');
  return (record) => {
    const written = text(record);
    const reading = written === '' ? undefined : read?.(written);
    return reading === undefined || 'code' in reading ? '' : reading.value.slice(0, 4);
  };
}

function fieldReader(columns: number, at: number): DocumentPart {
  const readers = new Map<RecordMediaType, RecordFields>();
  return ({ bytes, mediaType }) => {
    const fields = readers.get(mediaType) ?? openRecordFields(mediaType, columns);
    readers.set(mediaType, fields);
    const parts = fields.split(bytes);
    return typeof parts === 'string' ? '' : (fields.unescape(parts[at] ?? '')?.trim() ?? '');
  };
}

/** What a mapping does not say that its documents go by; undefined: it says all. */
export function partProblem(
  scope: ScopeDeclaration,
  by: DocumentsBy,
): { problem: string; fix: string } | undefined {
  if (by === 'encounter' && scope.encounter === undefined) {
    const problem = 'the plan makes a document for each encounter, and no column is named here';
    return { problem, fix: 'name the column with its key: scope: { …, encounter: … }' };
  }
  if (by === 'year' && scope.date === undefined) {
    const problem = 'the plan makes a document for each year, and no date is named here';
    return { problem, fix: 'scope: { …, date: { column: …, pattern: … } }' };
  }
  return undefined;
}
