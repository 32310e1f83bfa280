import type { RecordMediaType } from '../../model/record.ts';
import { layoutOf } from '../../model/recordLayout.ts';
import { FieldSplitter } from './copyFields.ts';
import type { RecordFields } from './fields.ts';
import { DelimitedFields, FixedFields } from './lineFields.ts';

/** The facts' reader of records of this media type. */
export function openRecordFields(mediaType: RecordMediaType, columns: number): RecordFields {
  if (mediaType === 'text/x-copy') return new FieldSplitter(columns);
  const layout = layoutOf(mediaType);
  if (layout?.kind === 'delimited') return new DelimitedFields(layout, columns);
  return layout === undefined ? unsupported : new FixedFields(layout);
}

const unsupported: RecordFields = {
  split: () => 'media-type-unsupported',
  unescape: () => null,
};
