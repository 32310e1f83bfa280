import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeZone } from '../src/formats/zones.ts';
import { stableId } from '../src/keys/stableId.ts';
import type { ProjectKey } from '../src/keys/projectKey.ts';
import { readCodeMap } from '../src/terminology/codeMap.ts';

/**
 * What a programmer would write by hand for four tables of the sample and throw away afterwards: no
 * issues, no account of what was not read, no check of a value. Keys stand in canonical order, so
 * that `JSON.stringify` gives the bytes that the engine gives.
 */
export interface HandMapping {
  /** Of the resource, as it goes into its id. */
  name: string;
  resource: Make;
}

/** Undefined: the row is not moved. */
type Make = (row: readonly (string | undefined)[], id: string) => object | undefined;

/** Hand-written mappings by stream. `columns` gives the order of a table's columns. */
export function handMappings(
  key: ProjectKey,
  columns: (stream: string) => readonly string[],
): ReadonlyMap<string, HandMapping> {
  const parts: Parts = { codes: readCodes(), reference: references(key) };
  const makers: readonly [string, string, Maker][] = [
    ['clinic.pt_demog', 'Patient', patient],
    ['clinic.encounters', 'Encounter', encounter],
    ['clinic.allergies', 'AllergyIntolerance', allergy],
    ['clinic.medications', 'MedicationRequest', medication],
  ];
  return new Map(
    makers.map(([stream, name, maker]) => {
      const names = columns(stream);
      const resource = maker(parts, (column) => names.indexOf(column));
      return [stream, { name, resource }];
    }),
  );
}

type Place = (column: string) => number;
type Maker = (parts: Parts, at: Place) => Make;

interface Parts {
  codes: Codes;
  reference: (stream: string, type: string, key: string | undefined) => Reference | undefined;
}

type Reference = { reference: string };
interface Code {
  code: string | undefined;
  display: string | undefined;
  system: string | undefined;
}
type Codes = (map: string) => ReadonlyMap<string, Code>;

/** Where the columns stand in a row. */
function places<Name extends string>(at: Place, columns: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(columns.map((column) => [column, at(column)])) as Record<Name, number>;
}

function references(key: ProjectKey): Parts['reference'] {
  const known = new Map<string, Reference>();
  return (stream, type, value) => {
    if (value === undefined) return undefined;
    const place = `${stream}\n${value}`;
    let made = known.get(place);
    if (made === undefined) {
      made = { reference: `${type}/${stableId(key.tag(stream, value), type)}` };
      known.set(place, made);
    }
    return made;
  };
}

function readCodes(): Codes {
  const folder = fileURLToPath(new URL('../project-template/codes', import.meta.url));
  const maps = new Map<string, Map<string, Code>>();
  for (const file of readdirSync(folder)) {
    const name = basename(file, '.csv');
    const { map } = readCodeMap(name, file, readFileSync(join(folder, file), 'utf8'));
    const codes = [...map.approved].map(([source, { target, display, system }]) => {
      return [source, { code: target, display, system }] as const;
    });
    maps.set(name, new Map(codes));
  }
  return (map) => maps.get(map) ?? new Map();
}

/** `undefined` members are left out by JSON.stringify; an object of nothing else is not. */
function coding(code: Code | undefined): object | undefined {
  if (code?.code === undefined) return undefined;
  return { code: code.code, display: code.display, system: code.system };
}

function plainCoding(code: Code | undefined): object | undefined {
  return code?.code === undefined ? undefined : { code: code.code, system: code.system };
}

function find(codes: ReadonlyMap<string, Code>, source: string | undefined): Code | undefined {
  return source === undefined ? undefined : codes.get(source);
}

function present<T>(items: readonly (T | undefined)[]): T[] | undefined {
  const some = items.filter((item) => item !== undefined);
  return some.length === 0 ? undefined : some;
}

const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-';
const identifierTypes = 'http://terminology.hl7.org/CodeSystem/v2-0203';

function patient({ codes }: Parts, at: Place): Make {
  const [sexes, races, ethnicities] = [codes('sex'), codes('race'), codes('ethnicity')];
  const [maritals, languages] = [codes('marital-status'), codes('language')];
  const c = places(at, [
    'mrn',
    'ssn',
    'last_nm',
    'first_nm',
    'mid_init',
    'sex_cd',
    'dob',
    'race_cd',
    'eth_cd',
    'lang_cd',
    'marital_cd',
    'home_phone',
    'cell_phone',
    'email',
    'addr_1',
    'addr_2',
    'city',
    'state_cd',
    'zip',
    'deceased_fl',
    'dod',
    'deleted',
  ]);
  return (row, id) => {
    if (row[c.deleted] === 'Y') return undefined;
    const died = row[c.dod];
    const marital = coding(find(maritals, row[c.marital_cd]));
    const language = coding(find(languages, row[c.lang_cd]));
    const hasAddress = row[c.addr_1] !== undefined || row[c.city] !== undefined;
    return {
      address: hasAddress
        ? [
            {
              city: row[c.city],
              line: present([row[c.addr_1], row[c.addr_2]]),
              postalCode: row[c.zip],
              state: row[c.state_cd],
              use: 'home',
            },
          ]
        : undefined,
      birthDate: birthDate(row[c.dob]),
      communication: language && [{ language: { coding: [language] } }],
      deceasedBoolean:
        died === undefined && row[c.deceased_fl] !== undefined
          ? row[c.deceased_fl] === 'Y'
          : undefined,
      deceasedDateTime: died && compactDate(died),
      extension: present([
        demographic('race', find(races, row[c.race_cd])),
        demographic('ethnicity', find(ethnicities, row[c.eth_cd])),
      ]),
      gender: find(sexes, row[c.sex_cd])?.code,
      id,
      identifier: present([
        identifier('MR', 'urn:oid:2.16.840.1.113883.19.5', row[c.mrn]),
        identifier('SS', 'http://hl7.org/fhir/sid/us-ssn', row[c.ssn]?.replaceAll('-', '')),
      ]),
      maritalStatus: marital && { coding: [marital] },
      meta: { profile: [`${usCore}patient`] },
      name: [
        {
          family: row[c.last_nm],
          given: present([row[c.first_nm], row[c.mid_init]]),
          use: 'official',
        },
      ],
      resourceType: 'Patient',
      telecom: present([
        contact('phone', 'home', row[c.home_phone]),
        contact('phone', 'mobile', row[c.cell_phone]),
        contact('email', undefined, row[c.email]),
      ]),
    };
  };
}

function demographic(name: string, code: Code | undefined): object | undefined {
  if (code === undefined) return undefined;
  return {
    extension: [
      { url: 'ombCategory', valueCoding: coding(code) },
      { url: 'text', valueString: code.display },
    ],
    url: `${usCore}${name}`,
  };
}

function identifier(type: string, system: string, value: string | undefined): object | undefined {
  if (value === undefined) return undefined;
  return { system, type: { coding: [{ code: type, system: identifierTypes }] }, value };
}

function contact(system: string, use: string | undefined, value: string | undefined) {
  return value === undefined ? undefined : { system, use, value };
}

function encounter({ codes, reference }: Parts, at: Place): Make {
  const [statuses, classes] = [codes('encounter-status'), codes('encounter-class')];
  const c = places(at, [
    'pt_id',
    'prov_id',
    'enc_cls',
    'visit_typ',
    'status_cd',
    'admit_ts',
    'disch_dt',
    'reason_cd',
    'reason_txt',
    'acct_no',
    'deleted',
  ]);
  return (row, id) => {
    if (row[c.deleted] === 'Y') return undefined;
    const provider = reference('clinic.providers', 'Practitioner', row[c.prov_id]);
    const [reason, reasonText] = [row[c.reason_cd], row[c.reason_txt]];
    const [start, end] = [row[c.admit_ts], row[c.disch_dt]];
    return {
      class: coding(find(classes, row[c.enc_cls])),
      id,
      identifier: present([identifier('AN', 'urn:oid:2.16.840.1.113883.19.5.1', row[c.acct_no])]),
      meta: { profile: [`${usCore}encounter`] },
      participant: provider && [{ individual: provider }],
      period:
        start === undefined && end === undefined
          ? undefined
          : {
              end: end && zoned(monthNameDate(end), end.slice(12)),
              start: start && zoned(start.slice(0, 10), start.slice(11)),
            },
      reasonCode:
        reason === undefined && reasonText === undefined
          ? undefined
          : [
              {
                coding: reason && [{ code: reason, system: 'http://hl7.org/fhir/sid/icd-10-cm' }],
                text: reasonText,
              },
            ],
      resourceType: 'Encounter',
      status: find(statuses, row[c.status_cd])?.code,
      subject: reference('clinic.pt_demog', 'Patient', row[c.pt_id]),
      type: row[c.visit_typ] && [{ text: row[c.visit_typ] }],
    };
  };
}

function allergy({ codes, reference }: Parts, at: Place): Make {
  const [clinical, verified] = [
    codes('allergy-clinical-status'),
    codes('allergy-verification-status'),
  ];
  const [allergens, categories] = [codes('allergen'), codes('allergy-category')];
  const [reactions, severities] = [codes('reaction'), codes('severity')];
  const c = places(at, [
    'pt_id',
    'alg_type_cd',
    'alg_cd',
    'alg_txt',
    'react_cd',
    'react_txt',
    'severity_cd',
    'status_cd',
    'onset_dt',
    'noted_dt',
    'noted_by',
    'comment_txt',
    'deleted',
  ]);
  return (row, id) => {
    if (row[c.deleted] === 'Y') return undefined;
    const clinicalStatus = plainCoding(find(clinical, row[c.status_cd]));
    const status = plainCoding(find(verified, row[c.status_cd]));
    const category = find(categories, row[c.alg_type_cd])?.code;
    const allergen = coding(find(allergens, row[c.alg_cd]));
    const reaction = coding(find(reactions, row[c.react_cd]));
    const [noted, comment, reactionText] = [row[c.noted_dt], row[c.comment_txt], row[c.react_txt]];
    return {
      category: category && [category],
      clinicalStatus: clinicalStatus && { coding: [clinicalStatus] },
      code: { coding: allergen && [allergen], text: row[c.alg_txt] },
      id,
      meta: { profile: [`${usCore}allergyintolerance`] },
      note: comment && [{ text: comment }],
      onsetDateTime: row[c.onset_dt],
      patient: reference('clinic.pt_demog', 'Patient', row[c.pt_id]),
      reaction:
        reaction === undefined && reactionText === undefined
          ? undefined
          : [
              {
                manifestation: [{ coding: reaction && [reaction], text: reactionText }],
                severity: find(severities, row[c.severity_cd])?.code,
              },
            ],
      recordedDate: noted && `${noted.slice(6, 10)}-${noted.slice(0, 2)}-${noted.slice(3, 5)}`,
      recorder: reference('clinic.providers', 'Practitioner', row[c.noted_by]),
      resourceType: 'AllergyIntolerance',
      verificationStatus: status && { coding: [status] },
    };
  };
}

function medication({ codes, reference }: Parts, at: Place): Make {
  const [statuses, intents] = [codes('medication-status'), codes('medication-intent')];
  const [drugs, routes, units] = [codes('drug'), codes('route'), codes('dose-unit')];
  const c = places(at, [
    'pt_id',
    'enc_id',
    'prov_id',
    'drug_cd',
    'drug_txt',
    'status_cd',
    'dose_qty',
    'dose_unit',
    'route_cd',
    'freq_txt',
    'sig_txt',
    'start_dt',
    'stop_dt',
    'note_txt',
    'deleted',
  ]);
  return (row, id) => {
    if (row[c.deleted] === 'Y') return undefined;
    const drug = coding(find(drugs, row[c.drug_cd]));
    const route = coding(find(routes, row[c.route_cd]));
    const unit = find(units, row[c.dose_unit]);
    const [start, stop, dose, status] = [
      row[c.start_dt],
      row[c.stop_dt],
      row[c.dose_qty],
      row[c.status_cd],
    ];
    const bounds = (start ?? stop) && {
      end: stop && monthNameDate(stop),
      start: start && monthNameDate(start),
    };
    const frequency = row[c.freq_txt];
    const timing = (bounds ?? frequency) && {
      code: frequency && { text: frequency },
      repeat: bounds && { boundsPeriod: bounds },
    };
    const quantity = { code: unit?.code, system: unit?.system, unit: unit?.display };
    const signature = row[c.sig_txt];
    return {
      dosageInstruction: (signature ?? timing ?? route ?? dose) && [
        {
          doseAndRate: dose && [{ doseQuantity: { ...quantity, value: rawJson(dose) } }],
          route: route && { coding: [route] },
          text: signature,
          timing,
        },
      ],
      encounter: reference('clinic.encounters', 'Encounter', row[c.enc_id]),
      id,
      intent: find(intents, status)?.code,
      medicationCodeableConcept: { coding: drug && [drug], text: row[c.drug_txt] },
      meta: { profile: [`${usCore}medicationrequest`] },
      note: row[c.note_txt] && [{ text: row[c.note_txt] }],
      reportedBoolean: status && (status === 'P' || status === 'U'),
      requester: reference('clinic.providers', 'Practitioner', row[c.prov_id]),
      resourceType: 'MedicationRequest',
      status: find(statuses, status)?.code,
      subject: reference('clinic.pt_demog', 'Patient', row[c.pt_id]),
    };
  };
}

/** A number that keeps its digits (TC39, JSON.parse source text access); not in the types yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => object };

/** `MM/dd/yy`, the years up to 2026. */
function birthDate(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const century = Number(text.slice(6, 8)) <= 26 ? '20' : '19';
  return `${century}${text.slice(6, 8)}-${text.slice(0, 2)}-${text.slice(3, 5)}`;
}

function compactDate(text: string): string {
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
}

const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `dd-MMM-yyyy`. */
function monthNameDate(text: string): string {
  const month = String(months.indexOf(text.slice(3, 6)) / 3 + 1).padStart(2, '0');
  return `${text.slice(7, 11)}-${month}-${text.slice(0, 2)}`;
}

const offsets = new Map<string, string>();

/** Local time of Chicago with its offset, which is worked out once for every hour. */
function zoned(date: string, time: string): string {
  const hour = `${date}T${time.slice(0, 2)}`;
  let offset = offsets.get(hour);
  if (offset === undefined) {
    const local = timeZone('America/Chicago')?.resolve(Date.parse(`${hour}:00:00Z`));
    const seconds = local?.state === 'exact' ? local.offsetSeconds : 0;
    offset = `-${String(-seconds / 3600).padStart(2, '0')}:00`;
    offsets.set(hour, offset);
  }
  const whole = time.length === 5 ? `${time}:00` : time;
  return `${date}T${whole}${offset}`;
}
