import type { Defect, DefectReason, Deferral } from './defect.ts';

/** A key that no record has. */
const nobody = '990000001';

/** One class: what stands in a column instead of what is true, and why the record is held. */
function spoilt(
  table: string,
  name: string,
  reason: DefectReason,
  spoils: Readonly<Record<string, string | null>>,
): Defect {
  return { table, name, reason, spoils };
}

function deferred(until: Deferral, defect: Defect): Defect {
  return { ...defect, deferred: until };
}

const withoutPatient = (table: string, name: string): Defect =>
  spoilt(table, name, 'reference-unresolved', { pt_id: nobody });
const withoutVisit = (table: string, name: string): Defect =>
  spoilt(table, name, 'reference-unresolved', { enc_id: nobody });
const unmapped = (table: string, name: string, column: string): Defect =>
  spoilt(table, name, 'code-unmapped', { [column]: 'Z9' });
const unreadable = (table: string, name: string, column: string, text: string): Defect =>
  spoilt(table, name, 'date-unreadable', { [column]: text });
const noNumber = (table: string, name: string, column: string, text: string): Defect =>
  spoilt(table, name, 'decimal-unreadable', { [column]: text });

const clinical: readonly Defect[] = [
  withoutPatient('problems', 'problem-without-patient'),
  unmapped('problems', 'problem-status-unmapped', 'status_cd'),
  unreadable('problems', 'problem-onset-unreadable', 'onset_dt', '13/45/2019'),
  unreadable('problems', 'problem-end-unreadable', 'res_dt', 'last fall'),
  spoilt('problems', 'problem-active-yet-resolved', 'con-4', {
    status_cd: 'A',
    res_dt: '06/01/2020',
  }),
  withoutVisit('visit_dx', 'diagnosis-without-visit'),
  unmapped('visit_dx', 'diagnosis-kind-unmapped', 'dx_typ'),
  withoutPatient('results', 'result-without-patient'),
  spoilt('results', 'result-without-order', 'reference-unresolved', { ord_id: nobody }),
  unmapped('results', 'test-unmapped', 'test_cd'),
  unmapped('results', 'unit-unmapped', 'unit_cd'),
  unmapped('results', 'result-status-unmapped', 'status_cd'),
  unreadable('results', 'result-time-unreadable', 'coll_dt', '202413321200'),
  spoilt('results', 'result-time-never-was', 'time-nonexistent', { coll_dt: '202503090230' }),
  noNumber('results', 'result-number-unreadable', 'val_num', '1.4.2'),
  withoutPatient('vitals', 'vital-without-patient'),
  unmapped('vitals', 'vital-unmapped', 'vit_cd'),
  noNumber('vitals', 'vital-number-unreadable', 'val_1', '98,6'),
  spoilt('vitals', 'vital-time-twice', 'time-ambiguous', { taken_ts: '2025-11-02 01:30:00' }),
  withoutPatient('immunisations', 'shot-without-patient'),
  unmapped('immunisations', 'vaccine-unmapped', 'vax_cd'),
  unreadable('immunisations', 'shot-date-unreadable', 'given_dt', '02/30/2021'),
  unmapped('immunisations', 'refusal-reason-unmapped', 'refuse_cd'),
  withoutVisit('procedures', 'procedure-without-visit'),
  unmapped('procedures', 'procedure-status-unmapped', 'status_cd'),
  unreadable('procedures', 'procedure-date-unreadable', 'perf_dt', '20230231'),
  withoutPatient('orders', 'request-without-patient'),
  withoutVisit('orders', 'request-without-visit'),
  unmapped('orders', 'request-status-unmapped', 'status_cd'),
  withoutPatient('appointments', 'appointment-without-patient'),
  spoilt('appointments', 'appointment-without-clinician', 'reference-unresolved', {
    prov_id: nobody,
  }),
  unmapped('appointments', 'appointment-status-unmapped', 'status_cd'),
  withoutPatient('directives', 'directive-without-patient'),
  unmapped('directives', 'directive-unmapped', 'dir_cd'),
  unreadable('directives', 'directive-date-unreadable', 'eff_dt', '00-JAN-2020'),
];

/** What is wrong with files of the share; what stands there in their place, `tables/documents.ts` knows. */
export const fileDefects = {
  truncated: { table: 'documents', name: 'document-truncated', reason: 'document-truncated' },
  otherKind: { table: 'documents', name: 'document-kind-differs', reason: 'document-kind-differs' },
  twice: { table: 'documents', name: 'document-twice', reason: 'document-twice' },
  empty: { table: 'documents', name: 'document-empty', reason: 'document-empty' },
  orphan: { table: 'files', name: 'file-without-row', reason: 'document-orphan' },
} as const satisfies Record<string, Defect>;

const papers: readonly Defect[] = [
  withoutPatient('notes', 'note-without-patient'),
  unmapped('notes', 'note-type-unmapped', 'note_typ'),
  spoilt('notes', 'note-without-text', 'element-required', { body_txt: null, title: null }),
  deferred(
    'labels',
    spoilt('notes', 'note-sensitive-without-label', 'label-missing', {
      body_txt: 'Seen in the methadone programme today; doing well, wants nobody told.',
    }),
  ),
  withoutPatient('documents', 'document-without-patient'),
  unmapped('documents', 'document-type-unmapped', 'doc_typ'),
  spoilt('documents', 'document-without-file', 'document-missing', { file_path: 'lost/D0.pdf' }),
  spoilt('documents', 'document-outside-share', 'document-missing', {
    file_path: '../../etc/hostname',
  }),
  ...Object.values(fileDefects),
];

const money: readonly Defect[] = [
  spoilt('insurance', 'coverage-without-payer', 'reference-unresolved', { payer_id: nobody }),
  unmapped('insurance', 'coverage-relation-unmapped', 'rel_cd'),
  unreadable('insurance', 'coverage-start-unreadable', 'eff_dt', '2019-00-00'),
  withoutPatient('guarantors', 'guarantor-without-patient'),
  unmapped('guarantors', 'guarantor-relation-unmapped', 'rel_cd'),
  withoutPatient('charges', 'charge-without-patient'),
  spoilt('charges', 'charge-without-coverage', 'reference-unresolved', { ins_id: nobody }),
  unmapped('charges', 'charge-class-unmapped', 'fin_cls'),
  unreadable('charges', 'charge-date-unreadable', 'svc_dt', '20240230'),
  noNumber('charges', 'charge-total-unreadable', 'total_amt', '1O5.00'),
  spoilt('charge_lines', 'line-without-charge', 'parent-missing', { chg_id: nobody }),
  spoilt('charge_lines', 'line-of-another-patient', 'parent-missing', { pt_id: nobody }),
  spoilt('payments', 'payment-without-charge', 'reference-unresolved', { chg_id: nobody }),
  unreadable('payments', 'payment-date-unreadable', 'pay_dt', '00/00/0000'),
  noNumber('payments', 'payment-amount-unreadable', 'pay_amt', 'twenty'),
  unmapped('payments', 'payment-status-unmapped', 'status_cd'),
  spoilt('adjustments', 'adjustment-without-charge', 'reference-unresolved', { chg_id: nobody }),
  unmapped('adjustments', 'adjustment-kind-unmapped', 'adj_cd'),
  noNumber('adjustments', 'adjustment-amount-unreadable', 'adj_amt', '-'),
];

/** Every class of the tables beyond the first five, once each in a round. */
export const moreDefects: readonly Defect[] = [...clinical, ...papers, ...money];
