import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recogniseColumns, type ColumnProfile } from './recognise.ts';

function profile(name: string, sample: readonly string[]): ColumnProfile {
  return { name, rows: 100, filled: 90, distinct: sample.length, sample };
}

const values = {
  given: ['anna', 'bert', 'carla'],
  family: ['olsen', 'de groot'],
  date: ['1960-02-13', '1971-11-02'],
  compact: ['19600213', '19711102'],
  sex: ['F', 'M'],
  street: ['12 main street', '3 high st'],
  place: ['springfield', 'st james'],
  zip: ['02116', '90210'],
  phone: ['(617) 555-0123', '617-555-0199'],
  email: ['a@b.example', 'c@d.example'],
  id: ['123-45-6789', '987-65-4321'],
  number: ['12', '7a'],
};

/** What a column is called, what it holds, and what it is. */
const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['first_name', values.given, 'given'],
  ['PatientFirstName', values.given, 'given'],
  ['fname', values.given, 'given'],
  ['frst_nm', values.given, 'given'],
  ['given', values.given, 'given'],
  ['surname', values.family, 'family'],
  ['last_nm', values.family, 'family'],
  ['LASTNAME', values.family, 'family'],
  ['middle_initial', ['a', 'b'], 'middle'],
  ['full_name', ['anna olsen', 'groot, bert'], 'fullName'],
  ['dob', values.date, 'birthDate'],
  ['date_of_birth', values.compact, 'birthDate'],
  ['BirthDate', ['02/13/1960', '11/02/1971'], 'birthDate'],
  ['birth_month', ['02', '11'], 'birthMonth'],
  ['birth_day', ['13', '2'], 'birthDay'],
  ['gender', values.sex, 'sex'],
  ['street_number', values.number, 'streetNumber'],
  ['address_1', values.street, 'street'],
  ['addr_line1', values.street, 'street'],
  ['suburb', values.place, 'locality'],
  ['city', values.place, 'locality'],
  ['state', ['nsw', 'vic'], 'region'],
  ['zip_code', values.zip, 'postcode'],
  ['postcode', values.zip, 'postcode'],
  ['home_phone', values.phone, 'phone'],
  ['email_address', values.email, 'email'],
  ['ssn', values.id, 'identifier'],
  ['soc_sec_id', values.id, 'identifier'],
  ['mrn', values.id, 'identifier'],
  ['contact_mail', values.email, undefined],
  ['rec_id', values.id, undefined],
  ['mother_first_name', values.given, undefined],
  ['visit_date', values.date, undefined],
  ['emergency_contact_phone', values.phone, undefined],
  ['ssn', ['n', 'y'], undefined],
];

describe('columns recognised', () => {
  for (const [name, sample, role] of cases) {
    test(`${name} of ${sample.length} values is ${role ?? 'nothing'}`, () => {
      assert.deepEqual(
        recogniseColumns([profile(name, sample)]).map((each) => each.role),
        role === undefined ? [] : [role],
      );
    });
  }

  test('a role is given once, and an empty column has none', () => {
    const columns = [
      profile('first_name', values.given),
      profile('name', ['anna olsen']),
      profile('surname', values.family),
      { ...profile('dob', []), filled: 0 },
    ];
    assert.deepEqual(recogniseColumns(columns), [
      { column: 'first_name', role: 'given' },
      { column: 'surname', role: 'family' },
    ]);
  });
});
