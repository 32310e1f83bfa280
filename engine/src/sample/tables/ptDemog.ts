import { isoDate, legacyDate } from '../calendar.ts';
import { defects } from '../defects.ts';
import type { Person, Sex } from '../people.ts';
import { present, truthOf, yesNo, type Expected, type Row, type Table } from '../table.ts';
import { persons, type World } from '../world.ts';
import { trail } from './trail.ts';

const sexCodes: Readonly<Record<Sex, string>> = {
  male: 'M',
  female: 'F',
  other: 'O',
  unknown: 'U',
};

/** Patients. Two-digit years of birth, deaths in another format, phones as they were typed. */
export const ptDemog: Table = {
  name: 'pt_demog',
  note: 'Patient demographics, one row a patient',
  key: ['pt_id'],
  columns: [
    { name: 'pt_id', type: 'integer PRIMARY KEY' },
    { name: 'mrn', type: 'varchar(8) NOT NULL', note: 'leading zeros count' },
    { name: 'last_nm', type: 'varchar(40)' },
    { name: 'first_nm', type: 'varchar(40)' },
    { name: 'mid_init', type: 'char(1)' },
    { name: 'dob', type: 'varchar(8)', note: 'MM/dd/yy' },
    { name: 'sex_cd', type: 'char(1)', note: 'M F O other U unknown' },
    { name: 'ssn', type: 'varchar(11)' },
    { name: 'addr_1', type: 'varchar(60)' },
    { name: 'addr_2', type: 'varchar(60)' },
    { name: 'city', type: 'varchar(40)' },
    { name: 'state_cd', type: 'char(2)' },
    { name: 'zip', type: 'varchar(10)' },
    { name: 'home_phone', type: 'varchar(20)' },
    { name: 'cell_phone', type: 'varchar(20)' },
    { name: 'email', type: 'varchar(60)' },
    { name: 'race_cd', type: 'char(1)', note: 'W B A I P U unknown' },
    { name: 'eth_cd', type: 'char(1)', note: 'H N U unknown' },
    { name: 'lang_cd', type: 'varchar(3)' },
    { name: 'marital_cd', type: 'char(1)', note: 'M S D W L separated U unknown' },
    { name: 'deceased_fl', type: 'char(1)' },
    { name: 'dod', type: 'varchar(8)', note: 'yyyyMMdd; empty where the day is not known' },
    { name: 'usr_def_1', type: 'varchar(20)' },
    { name: 'usr_def_3', type: 'varchar(20)' },
    { name: 'deleted', type: "char(1) NOT NULL DEFAULT 'N'" },
    { name: 'updated_at', type: 'timestamp' },
  ],
  rows,
};

function* rows(world: World): Generator<Row> {
  for (const person of persons(world)) yield row(person);
}

function row(person: Person): Row {
  const { address } = person;
  const left = trail(person.id);
  const values = [
    String(person.id),
    person.mrn,
    person.family,
    person.given,
    person.middle,
    birthAsTyped(person),
    person.defect === defects.sexUnmapped ? 'X' : sexCodes[person.sex],
    person.ssn,
    address.line1,
    address.line2,
    address.city,
    address.state,
    address.postalCode,
    person.homePhone,
    person.cellPhone,
    person.email,
    person.race,
    person.ethnicity,
    person.language,
    person.marital,
    yesNo(person.death !== null),
    typeof person.death === 'number' ? legacyDate(person.death, 'yyyyMMdd') : '',
    left.tag1,
    left.tag3,
    yesNo(person.deleted),
    left.changedAt,
  ];
  return { values, truth: truthOf(person.id, person, 'Patient', () => expectation(person)) };
}

function birthAsTyped(person: Person): string {
  if (person.defect !== defects.birthDateUnreadable) return legacyDate(person.birth, 'MM/dd/yy');
  return person.id % 2 === 0 ? '00/00/00' : '02/30/61';
}

function expectation(person: Person): Record<string, Expected | null> {
  const { address } = person;
  return {
    mrn: person.mrn,
    ssn: person.ssn,
    family: person.family,
    given: present([person.given, person.middle]),
    sex: person.sex,
    'birth-date': isoDate(person.birth),
    deceased: person.death !== null,
    'deceased-date': typeof person.death === 'number' ? isoDate(person.death) : null,
    'address-line': present([address.line1, address.line2]),
    city: address.city,
    state: address.state,
    'postal-code': address.postalCode,
    phone: present([person.homePhone, person.cellPhone]),
    email: person.email,
    race: code(raceOf, person.race),
    ethnicity: code(ethnicityOf, person.ethnicity),
    language: code(languageOf, person.language),
    'marital-status': code(maritalOf, person.marital),
  };
}

function code(codes: Readonly<Record<string, string>>, local: string | null): string | null {
  return local === null ? null : (codes[local] ?? null);
}

/** CDC race and ethnicity; UNK is HL7's null flavour. */
export const raceOf = { W: '2106-3', B: '2054-5', A: '2028-9', I: '1002-5', P: '2076-8', U: 'UNK' };
export const ethnicityOf = { H: '2135-2', N: '2186-5', U: 'UNK' };
export const languageOf = { ENG: 'en', SPA: 'es', POL: 'pl', CHI: 'zh', VIE: 'vi' };
const maritalOf = { M: 'M', S: 'S', D: 'D', W: 'W', L: 'L', U: 'UNK' };
