import type { TimeZone } from '../../formats/zones.ts';
import { fhirTime } from '../library/times.ts';

/**
 * When a document was written, from times that say so in order of preference, as a text that compares:
 * the instant in UTC to the millisecond. One without a zone is of the source's; without either, or
 * told as a date alone, it is its beginning in UTC.
 */
export function momentOf(times: readonly string[], zone: TimeZone | undefined): string {
  for (const written of times) {
    const text = written === '' ? undefined : fhirTime(written, zone ?? '+00:00')?.text;
    if (text === undefined) continue;
    const instant = Date.parse(text.length === 4 ? `${text}-01-01` : text);
    if (!Number.isNaN(instant)) return new Date(instant).toISOString();
  }
  return '';
}
