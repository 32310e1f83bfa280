import { isoDate, legacyDate } from '../calendar.ts';
import type { Provider } from '../staff.ts';
import { present, truthOf, yesNo, type Expected, type Row, type Table } from '../table.ts';
import type { World } from '../world.ts';
import { trail } from './trail.ts';

/** Clinicians, those who left included: old visits still point at them. */
export const providers: Table = {
  name: 'providers',
  note: 'Clinicians, also those who have left',
  key: ['prov_id'],
  columns: [
    { name: 'prov_id', type: 'integer PRIMARY KEY' },
    { name: 'npi', type: 'char(10)' },
    { name: 'last_nm', type: 'varchar(40)' },
    { name: 'first_nm', type: 'varchar(40)' },
    { name: 'mid_init', type: 'char(1)' },
    { name: 'degree_cd', type: 'varchar(4)', note: 'MD DO NP PA' },
    { name: 'spec_cd', type: 'varchar(4)' },
    { name: 'phone', type: 'varchar(20)' },
    { name: 'lic_no', type: 'varchar(20)' },
    { name: 'lic_from', type: 'char(8)', note: 'yyyyMMdd' },
    { name: 'lic_to', type: 'char(8)', note: 'yyyyMMdd; 99991231 while it runs' },
    { name: 'active_fl', type: 'char(1)' },
    { name: 'usr_def_1', type: 'varchar(20)' },
    { name: 'updated_at', type: 'timestamp' },
  ],
  rows,
};

function* rows(world: World): Generator<Row> {
  for (let index = 0; index < world.staff; index++) yield row(world.provider(index));
}

function row(provider: Provider): Row {
  const left = trail(provider.id);
  const values = [
    String(provider.id),
    provider.npi,
    provider.family,
    provider.given,
    provider.middle,
    provider.degree,
    provider.specialty,
    provider.phone,
    provider.licence,
    legacyDate(provider.licensedFrom, 'yyyyMMdd'),
    provider.licensedTo === null ? '99991231' : legacyDate(provider.licensedTo, 'yyyyMMdd'),
    yesNo(provider.active),
    left.tag1,
    left.changedAt,
  ];
  const state = { deleted: false, defect: undefined };
  return {
    values,
    truth: truthOf(provider.id, state, 'Practitioner', () => expectation(provider)),
  };
}

function expectation(provider: Provider): Record<string, Expected | null> {
  return {
    npi: provider.npi,
    identifier: [provider.licence],
    family: provider.family,
    given: present([provider.given, provider.middle]),
    phone: [provider.phone],
    active: provider.active,
    qualification: [provider.degree, taxonomyOf[provider.specialty] ?? ''],
    'qualification-start': isoDate(provider.licensedFrom),
    'qualification-end': provider.licensedTo === null ? null : isoDate(provider.licensedTo),
  };
}

/** NUCC health care provider taxonomy. */
const taxonomyOf: Readonly<Record<string, string>> = {
  FM: '207Q00000X',
  IM: '207R00000X',
  EM: '207P00000X',
  PED: '208000000X',
  CAR: '207RC0000X',
  OB: '207V00000X',
  SUR: '208600000X',
  PSY: '2084P0800X',
  NP: '363L00000X',
  PA: '363A00000X',
};
