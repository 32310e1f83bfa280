import { unpackContributions } from '../../ledger/entries.ts';
import { purgedRuns } from '../../ledger/erasures.ts';
import { findToken, pageOf } from '../../ledger/pages.ts';
import { listRuns } from '../../ledger/runs.ts';
import { idToken } from '../idToken.ts';
import { splitHeader } from '../packed.ts';
import type { RecordsHeader } from '../phases/recordEntries.ts';
import type { SubjectServices } from './places.ts';

/** By stable id, the source keys of the records that these Patients were made of, as the newest run has them. */
export async function numbersOf(
  { queries, parcels }: SubjectServices,
  patients: readonly string[],
): Promise<Map<string, string[]>> {
  const numbers = new Map<string, string[]>();
  const purged = await purgedRuns(queries);
  const runs = (await listRuns(queries)).filter(({ id }) => !purged.has(id));
  for (const patient of patients) {
    for (const { id: run } of runs) {
      const found = new Set<string>();
      for (const { key, ordinal } of await findToken(queries, run, idToken(patient))) {
        if (key.phase !== 'map') continue;
        const page = await pageOf(queries, { ...key, target: '' });
        const from = page ? (unpackContributions(page.contributions)[ordinal] ?? []) : [];
        const items = await parcels.read({ ...key, phase: 'extract', target: '' }, 'records');
        const keys = items ? splitHeader<RecordsHeader>(items).header.keys : [];
        for (const at of from) if (keys[at]) found.add(keys[at]);
      }
      if (found.size === 0) continue;
      numbers.set(patient, [...found]);
      break;
    }
  }
  return numbers;
}
