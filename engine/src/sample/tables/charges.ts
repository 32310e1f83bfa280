import { dayOf, isoDate, legacyDate, type Day } from '../calendar.ts';
import { icd10, type Coding } from '../catalogue.ts';
import {
  chartItems,
  chartTable,
  keyField,
  patientField,
  refer,
  standsFirm,
  type ChartItem,
} from '../chartItem.ts';
import { cpt, drawOfficeService, drawProcedure, type Service } from '../clinicalCodes.ts';
import { between, chance, pick, repeats } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import type { Table } from '../table.ts';
import { departmentNumber, facilityOf, isSound, type Visit } from '../visits.ts';
import type { World } from '../world.ts';
import { createGuarantors } from './guarantors.ts';
import { classOf, createCoverages, type Coverage, type FinancialClass } from './insurance.ts';

export interface Charge extends ChartItem {
  visit: Visit | undefined;
  facility: number;
  coverage: Coverage;
  /** `null`: the patient answers for it. */
  guarantorId: number | null;
  financialClass: FinancialClass;
  service: Day;
  billed: Day;
  status: 'O' | 'V';
  diagnosis: Coding | null;
  lines: readonly ChargeLine[];
  /** In cents: what the lines add up to. */
  total: number;
}

export interface ChargeLine {
  service: Service;
  units: number;
}

/** Older accounts were closed before the old system came. */
const oldest = dayOf(2023, 1, 1);
const range = { table: 'charges', first: 13_000_000, perPatient: 48 };

/** Headers of charges: one a visit. */
export const charges: Table = chartTable<Charge>({
  name: 'charges',
  note: 'Charges of visits; their lines stand in charge_lines',
  type: 'Claim',
  items: createCharges,
  fields: [
    keyField('chg_id'),
    patientField,
    { name: 'enc_id', type: 'bigint', of: ({ visit }) => visit?.id ?? null },
    { name: 'fac_id', type: 'integer', of: ({ facility }) => facility },
    { name: 'prov_id', type: 'integer', of: ({ visit }) => visit?.providerId ?? null },
    { name: 'ins_id', type: 'bigint', of: ({ coverage }) => coverage.id },
    {
      name: 'guar_id',
      type: 'bigint',
      note: 'empty: the patient',
      of: ({ guarantorId }) => guarantorId,
    },
    {
      name: 'fin_cls',
      type: 'varchar(3)',
      note: 'financial class: MCR MCD COM SLF',
      of: (charge) => charge.financialClass,
    },
    {
      name: 'svc_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ service }) => legacyDate(service, 'yyyyMMdd'),
    },
    {
      name: 'bill_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ billed }) => legacyDate(billed, 'yyyyMMdd'),
    },
    { name: 'status_cd', type: 'char(1)', note: 'O open V void', of: ({ status }) => status },
    { name: 'dx_cd', type: 'varchar(8)', of: ({ diagnosis }) => diagnosis?.code ?? null },
    { name: 'total_amt', type: 'varchar(12)', note: 'dollars', of: ({ total }) => dollars(total) },
  ],
  expect: (charge) => ({
    subject: refer('pt_demog', charge.person.id),
    identifier: [String(charge.id)],
    'claim-status': charge.status === 'V' ? 'cancelled' : 'active',
    'claim-class': charge.financialClass,
    'claim-date': isoDate(charge.billed),
    'claim-service-date': isoDate(charge.service),
    'claim-provider': refer('facilities', charge.facility),
    'claim-practitioner': refer('providers', charge.visit?.providerId ?? null),
    'claim-encounter': refer('encounters', charge.visit?.id ?? null),
    'claim-coverage': refer('insurance', charge.coverage.id),
    'claim-guarantor': refer('guarantors', charge.guarantorId),
    'claim-diagnosis': charge.diagnosis && { system: icd10, code: charge.diagnosis.code },
    'claim-total': dollars(charge.total),
    'claim-line-service': charge.lines.map(({ service }) => ({ system: cpt, code: service.code })),
    'claim-line-units': charge.lines.map(({ units }) => String(units)),
    'claim-line-unit-price': charge.lines.map(({ service }) => dollars(service.cents)),
    'claim-line-amount': charge.lines.map((line) => dollars(amountOf(line))),
  }),
});

export function createCharges(world: World, person: Person): Charge[] {
  const visits = world.visits(person).filter((visit) => {
    return isSound(visit) && visit.start.day >= oldest;
  });
  const coverage = createCoverages(world, person).find(standsFirm);
  const guarantor = createGuarantors(world, person).find(standsFirm);
  if (coverage === undefined) return [];
  return chartItems(
    world,
    person,
    range,
    () => visits.length,
    (random, base, at): Charge => {
      const visit = visits[at];
      const service = visit?.start.day ?? lastDay - 40;
      const extra = repeats(random, 0.45, 5);
      const lines = [
        { service: drawOfficeService(random), units: 1 },
        ...Array.from({ length: extra }, () => ({
          service: drawProcedure(random),
          units: chance(random, 0.9) ? 1 : between(random, 2, 3),
        })),
      ];
      return {
        ...base,
        visit,
        facility: facilityOf(visit ? departmentNumber(visit) : 0),
        coverage,
        guarantorId: guarantor?.id ?? null,
        financialClass: classOf(coverage),
        service,
        billed: Math.min(lastDay, service + pick(random, [1, 1, 2, 3, 7])),
        status: base.defect || chance(random, 0.98) ? 'O' : 'V',
        diagnosis: visit?.reason?.coding ?? null,
        lines,
        total: lines.reduce((sum, line) => sum + amountOf(line), 0),
      };
    },
  );
}

/** In cents. */
export function amountOf({ service, units }: ChargeLine): number {
  return service.cents * units;
}

/** `1234` cents are `12.34`; below nothing with a sign before. */
export function dollars(cents: number): string {
  const text = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}
