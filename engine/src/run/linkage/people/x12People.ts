import { createReadStream } from 'node:fs';
import type { Loop } from '../../../formats/x12/loop.ts';
import { X12Reader } from '../../../formats/x12/reader.ts';
import { filled } from './hl7People.ts';
import type { PersonRow, ToldPeople } from './person.ts';

/**
 * The people of an archive of claims (X12 837): one row for each account (CLM01), the patient where a
 * dependent is told of, else the subscriber. The member's number is the subscriber's: a household has it.
 */
export async function readX12People(file: string): Promise<ToldPeople> {
  const rows = new Map<string, PersonRow>();
  const reader = new X12Reader();
  const take = (events: ReturnType<X12Reader['push']>): void => {
    for (const event of events) {
      if (event.kind !== 'units' && event.kind !== 'transaction') continue;
      for (const unit of event.units) {
        const row = rowOf(unit);
        if (row?.record_key !== undefined) rows.set(row.record_key, row);
      }
    }
  };
  for await (const chunk of createReadStream(file)) take(reader.push(chunk as Buffer));
  take(reader.finish());
  return { rows: [...rows.values()], joined: [], overlaid: [] };
}

function rowOf(claim: Loop): PersonRow | undefined {
  const account = claim.segment('CLM')?.text(1);
  const subscriber = claim.around('2000B')?.loop('2010BA');
  const patient = claim.around('2000C')?.loop('2010CA') ?? subscriber;
  const name = patient?.segment('NM1');
  if (!account || patient === undefined || name === undefined) return undefined;
  const place = patient.segment('N4');
  const born = patient.segment('DMG');
  return filled({
    record_key: account,
    family_name: name.text(3),
    given_name: name.text(4),
    middle_name: name.text(5),
    name_suffix: name.text(7),
    birth_date: born?.text(2),
    sex: born?.text(3),
    ssn: patient.segment('REF', 'SY')?.text(2),
    street: patient.segment('N3')?.text(1),
    city: place?.text(1),
    postcode: place?.text(3).slice(0, 5),
    member_id: subscriber?.segment('NM1')?.text(9),
  });
}
