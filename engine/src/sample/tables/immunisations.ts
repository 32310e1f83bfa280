import { civil, dayOf, isoDate, legacyDate, type Day } from '../calendar.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  type ChartItem,
} from '../chartItem.ts';
import { cvx, drawVaccine, type Vaccine } from '../clinicalCodes.ts';
import { between, chance, pick, repeats, weighted } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import { providerId } from '../staff.ts';
import type { Table } from '../table.ts';
import type { World } from '../world.ts';

export interface Immunisation extends ChartItem {
  vaccine: Vaccine;
  status: ShotStatus;
  given: Day;
  /** What people remember of shots elsewhere is a year. */
  yearOnly: boolean;
  lot: string | null;
  expires: Day | null;
  site: 'LD' | 'RD' | null;
  refusal: 'P' | 'R' | 'M' | null;
  givenBy: number | null;
}

/** Given here, reported from elsewhere, refused, entered in error. */
type ShotStatus = 'G' | 'R' | 'N' | 'E';

const drawStatus = weighted<ShotStatus>([
  ['G', 68],
  ['R', 20],
  ['N', 9],
  ['E', 3],
]);

const range = { table: 'immunisations', first: 4_000_000, perPatient: 24 };

/** Shots given here, shots people report, and shots that were refused. */
export const immunisations: Table = chartTable<Immunisation>({
  name: 'immunisations',
  note: 'Immunisations: given here, reported, refused',
  type: 'Immunization',
  items: createImmunisations,
  fields: [
    keyField('imm_id'),
    patientField,
    { name: 'vax_cd', type: 'varchar(8)', of: ({ vaccine }) => vaccine.local },
    { name: 'vax_txt', type: 'varchar(60)', of: ({ vaccine }) => vaccine.text },
    {
      name: 'status_cd',
      type: 'char(1)',
      note: 'G given here R reported N refused E entered in error',
      of: ({ status }) => status,
    },
    {
      name: 'given_dt',
      type: 'varchar(10)',
      note: 'MM/dd/yyyy, or yyyy where reported',
      of: ({ given, yearOnly }) =>
        yearOnly ? String(civil(given).year) : legacyDate(given, 'MM/dd/yyyy'),
    },
    { name: 'lot_no', type: 'varchar(12)', of: ({ lot }) => lot },
    {
      name: 'exp_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ expires }) => (expires === null ? null : legacyDate(expires, 'yyyyMMdd')),
    },
    { name: 'site_cd', type: 'varchar(2)', note: 'LD RD deltoid', of: ({ site }) => site },
    {
      name: 'refuse_cd',
      type: 'varchar(2)',
      note: 'P patient R religion M medical',
      of: ({ refusal }) => refusal,
    },
    { name: 'given_by', type: 'integer', of: ({ givenBy }) => givenBy },
  ],
  expect: (shot) => ({
    subject: refer('pt_demog', shot.person.id),
    'vaccine-code': { system: cvx, code: shot.vaccine.code },
    'vaccine-text': shot.vaccine.text,
    'immunization-status': { G: 'completed', R: 'completed', N: 'not-done', E: 'entered-in-error' }[
      shot.status
    ],
    'immunization-given-here': shot.status !== 'R',
    'immunization-date': shot.yearOnly ? String(civil(shot.given).year) : isoDate(shot.given),
    'vaccine-lot': shot.lot,
    'vaccine-expiry': shot.expires === null ? null : isoDate(shot.expires),
    'immunization-site': shot.site && { LD: 'LA', RD: 'RA' }[shot.site],
    'immunization-refusal': shot.refusal && refusalOf[shot.refusal],
    'immunization-performer': refer('providers', shot.givenBy),
  }),
});

export function createImmunisations(world: World, person: Person): Immunisation[] {
  return chartItems(
    world,
    person,
    range,
    (random) => repeats(random, 0.72, 20),
    (random, base) => {
      const vaccine = drawVaccine(random);
      const drawn = drawStatus(random);
      const status = base.defect?.spoils?.['refuse_cd'] === undefined ? drawn : 'N';
      const here = status === 'G' || status === 'E';
      const given = drawDay(world.draws('shot', base.id), person, vaccine);
      return {
        ...base,
        vaccine,
        status: base.defect && status !== 'N' ? 'G' : status,
        given,
        yearOnly: status === 'R' && chance(random, 0.5),
        lot: here ? `L${between(random, 10_000, 99_999)}` : null,
        expires: here ? given + between(random, 30, 500) : null,
        site: here ? pick(random, ['LD', 'RD'] as const) : null,
        refusal: status === 'N' ? pick(random, ['P', 'P', 'R', 'M'] as const) : null,
        givenBy: here ? providerId(random.integer(world.staff)) : null,
      };
    },
  );
}

/** In a month of its season, after birth and before the hospital is left. */
function drawDay(random: ReturnType<World['draws']>, person: Person, vaccine: Vaccine): Day {
  const latest = typeof person.death === 'number' ? person.death : lastDay;
  const earliest = Math.max(person.birth, dayOf(2009, 1, 1));
  if (earliest >= latest) return latest;
  const year = between(random, civil(earliest).year, civil(latest).year);
  const day = dayOf(year, pick(random, vaccine.months), between(random, 1, 28));
  return day < earliest || day > latest ? between(random, earliest, latest) : day;
}

const refusalOf = { P: 'PATOBJ', R: 'RELIG', M: 'MEDPREC' } as const;
