import type { Table } from './table.ts';
import { codeTables, documentAccess, roles, userAccounts } from './tables/access.ts';
import { allergies } from './tables/allergies.ts';
import { appointments } from './tables/appointments.ts';
import { chargeLines } from './tables/chargeLines.ts';
import { charges } from './tables/charges.ts';
import { directives } from './tables/directives.ts';
import { documents } from './tables/documents.ts';
import { encounters } from './tables/encounters.ts';
import { guarantors } from './tables/guarantors.ts';
import { departments, facilities, payers } from './tables/house.ts';
import { immunisations } from './tables/immunisations.ts';
import { insurance } from './tables/insurance.ts';
import { medications } from './tables/medications.ts';
import { notes } from './tables/notes.ts';
import { orders } from './tables/orders.ts';
import { adjustments, payments } from './tables/payments.ts';
import { problems } from './tables/problems.ts';
import { procedures } from './tables/procedures.ts';
import { providers } from './tables/providers.ts';
import { ptDemog } from './tables/ptDemog.ts';
import { results } from './tables/results.ts';
import { trialBalance } from './tables/trialBalance.ts';
import { visitDiagnoses } from './tables/visitDiagnoses.ts';
import { vitals } from './tables/vitals.ts';

/** A hospital small enough for a first look: people, visits, allergies, medications. */
export const coreTables: readonly Table[] = [
  providers,
  ptDemog,
  encounters,
  allergies,
  medications,
];

const house: readonly Table[] = [
  facilities,
  departments,
  payers,
  codeTables,
  roles,
  userAccounts,
  documentAccess,
];

const chart: readonly Table[] = [
  problems,
  visitDiagnoses,
  orders,
  results,
  vitals,
  immunisations,
  procedures,
  appointments,
  directives,
  notes,
  documents,
];

const money: readonly Table[] = [
  insurance,
  guarantors,
  charges,
  chargeLines,
  payments,
  adjustments,
  trialBalance,
];

/** The tables of the sample, in the order in which they are written. */
export const hospital: readonly Table[] = [...coreTables, ...house, ...chart, ...money];

/** `core`: the first five alone. */
export function tablesOf(which: 'all' | 'core'): readonly Table[] {
  return which === 'core' ? coreTables : hospital;
}
