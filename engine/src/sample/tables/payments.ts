import { isoDate, legacyDate } from '../calendar.ts';
import { chartTable, keyField, patientField, refer } from '../chartItem.ts';
import type { Table } from '../table.ts';
import {
  createAdjustments,
  createPayments,
  type Adjustment,
  type AdjustmentCode,
  type Payment,
} from './account.ts';
import { dollars } from './charges.ts';

/** Payments of insurers and patients; without a charge they are unapplied cash. */
export const payments: Table = chartTable<Payment>({
  name: 'payments',
  note: 'Payments; without a charge they are not applied yet',
  type: 'PaymentReconciliation',
  items: createPayments,
  fields: [
    keyField('pay_id'),
    patientField,
    { name: 'chg_id', type: 'bigint', of: ({ charge }) => charge?.id ?? null },
    { name: 'payer_id', type: 'integer', note: 'empty: the patient', of: (item) => item.payerId },
    {
      name: 'pay_dt',
      type: 'varchar(10)',
      note: 'MM/dd/yyyy',
      of: ({ day }) => legacyDate(day, 'MM/dd/yyyy'),
    },
    { name: 'pay_amt', type: 'varchar(12)', note: 'dollars', of: ({ cents }) => dollars(cents) },
    { name: 'meth_cd', type: 'varchar(3)', note: 'CK EFT CC CA', of: ({ method }) => method },
    { name: 'ref_no', type: 'varchar(16)', of: ({ number }) => number },
    { name: 'status_cd', type: 'varchar(2)', note: 'P posted V void', of: ({ status }) => status },
  ],
  expect: ({ person, charge, payerId, day, cents, number, status }) => ({
    'payment-patient': refer('pt_demog', person.id),
    'payment-claim': refer('charges', charge?.id ?? null),
    'payment-payer': refer('payers', payerId),
    'payment-kind': charge ? 'payment' : 'advance',
    'payment-date': isoDate(day),
    'payment-amount': dollars(cents),
    'payment-applied': charge ? dollars(cents) : null,
    'payment-number': number,
    'payment-status': status === 'V' ? 'cancelled' : 'active',
  }),
});

/** What was written off, and as what. */
export const adjustments: Table = chartTable<Adjustment>({
  name: 'adjustments',
  note: 'Adjustments of charges: allowances and what was written off',
  type: 'PaymentReconciliation',
  items: createAdjustments,
  fields: [
    keyField('adj_id'),
    patientField,
    { name: 'chg_id', type: 'bigint', of: ({ charge }) => charge?.id ?? null },
    {
      name: 'adj_cd',
      type: 'varchar(3)',
      note: 'CON contractual BD bad debt CHR charity SB small balance',
      of: ({ code }) => code,
    },
    {
      name: 'adj_dt',
      type: 'varchar(8)',
      note: 'yyyyMMdd',
      of: ({ day }) => legacyDate(day, 'yyyyMMdd'),
    },
    { name: 'adj_amt', type: 'varchar(12)', note: 'dollars', of: ({ cents }) => dollars(cents) },
  ],
  expect: ({ person, charge, code, day, cents }) => ({
    'payment-patient': refer('pt_demog', person.id),
    'payment-claim': refer('charges', charge?.id ?? null),
    'payment-kind': ['adjustment', reasonOf[code]],
    'payment-date': isoDate(day),
    'payment-amount': dollars(cents),
    'payment-applied': dollars(cents),
    'payment-status': 'active',
  }),
});

const reasonOf: Readonly<Record<AdjustmentCode, string>> = {
  CON: 'contractual',
  BD: 'bad-debt',
  CHR: 'charity',
  SB: 'small-balance',
};
