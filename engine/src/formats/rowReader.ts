import type { RecordMediaType } from '../model/record.ts';
import { layoutOf, type LineLayout } from '../model/recordLayout.ts';
import { CopyReader } from './copyText.ts';
import { DelimitedReader } from './delimited.ts';
import { FixedWidthReader } from './fixedWidth.ts';
import type { RowReader } from './tableRow.ts';

/**
 * A reader for records of this media type; undefined when they are no rows.
 * `wanted` has one entry for each column; `empty` is what a text without characters is read as.
 */
export function openRowReader(
  mediaType: RecordMediaType,
  wanted: readonly boolean[],
  empty: '' | null = '',
): RowReader | undefined {
  if (mediaType === 'text/x-copy') return new CopyReader(wanted, empty);
  const layout = layoutOf(mediaType);
  return layout && openLineReader(layout, wanted, empty);
}

/** A reader for lines of this layout, which can also read some fields alone. */
export function openLineReader(
  layout: LineLayout,
  wanted: readonly boolean[],
  empty: '' | null = '',
): DelimitedReader | FixedWidthReader {
  return layout.kind === 'delimited'
    ? new DelimitedReader(layout, wanted, empty)
    : new FixedWidthReader(layout, wanted);
}
