import { fault, swapped, type MappingFault } from './fault.ts';

const mapping = (table: string): string => `mappings/clinic/${table}.yaml`;

/** A row of a code map that came to say something else. */
function miscoded(
  name: string,
  harm: MappingFault['harm'],
  map: string,
  from: string,
  to: string,
): MappingFault {
  return fault(name, harm, `codes/${map}.csv`, `\n${from},`, `\n${to},`);
}

/** Mistakes in the tables beyond the first five, by the stream whose facts must tell of them. */
export const chartFaults: Readonly<Record<string, readonly MappingFault[]>> = {
  problems: [
    miscoded(
      'ruled out became confirmed',
      'status',
      'problem-verification-status',
      'X,refuted,Refuted',
      'X,confirmed,Confirmed',
    ),
    fault(
      'problem list taken for visit diagnoses',
      'wrong code',
      mapping('problems'),
      'code: =problem-list-item',
      'code: =encounter-diagnosis',
    ),
    fault(
      'no known problems lost its code',
      'negation',
      mapping('problems'),
      "$when: icd_cd ~ 'NONE'",
      "$when: icd_cd ~ 'NONE' and res_dt.exists()",
    ),
    fault(
      'year of onset made a whole day',
      'precision',
      mapping('problems'),
      "onset_dt.dateTime('MM/dd/yyyy|MM/yyyy|yyyy')",
      "iif(onset_dt.length() = 4, '01/01/' & onset_dt, onset_dt).dateTime('MM/dd/yyyy|MM/yyyy')",
    ),
  ],
  visit_dx: [
    miscoded(
      'ruled out at the visit, yet confirmed',
      'status',
      'diagnosis-kind',
      'R,refuted,Refuted',
      'R,confirmed,Confirmed',
    ),
  ],
  results: [
    miscoded(
      'preliminary results final',
      'status',
      'result-status',
      'P,preliminary,Preliminary',
      'P,final,Final',
    ),
    fault(
      'beyond what can be measured, lost',
      'dropped',
      mapping('results'),
      'comparator: cmp_cd',
      "comparator: iif(cmp_cd = '>', {}, cmp_cd)",
    ),
    miscoded('grams for milligrams', 'unit', 'unit', 'MG/DL,mg/dL,mg/dL', 'MG/DL,g/dL,g/dL'),
    fault(
      'final results lost their order',
      'lost link',
      mapping('results'),
      "[ord_id.reference('clinic.orders')]",
      `["iif(status_cd = 'F', {}, ord_id).reference('clinic.orders')"]`,
    ),
  ],
  vitals: [
    {
      name: 'systolic and diastolic exchanged',
      harm: 'wrong column',
      edits: [
        {
          file: mapping('vitals'),
          from: 'display: =Systolic blood pressure }]\n        valueQuantity:\n          value: val_1',
          to: 'display: =Systolic blood pressure }]\n        valueQuantity:\n          value: val_2',
        },
        {
          file: mapping('vitals'),
          from: 'display: =Diastolic blood pressure }]\n        valueQuantity:\n          value: val_2',
          to: 'display: =Diastolic blood pressure }]\n        valueQuantity:\n          value: val_1',
        },
      ],
    },
    miscoded('Celsius for Fahrenheit', 'unit', 'unit', 'F,[degF],°F', 'F,Cel,°C'),
    fault(
      'who measured lost',
      'lost link',
      mapping('vitals'),
      "performer: [taken_by.reference('clinic.providers')]",
      `performer: ["iif(vit_cd = 'HR', {}, taken_by).reference('clinic.providers')"]`,
    ),
  ],
  immunisations: [
    fault(
      'reported shots taken for shots of the house',
      'status',
      mapping('immunisations'),
      "primarySource: status_cd != 'R'",
      "primarySource: status_cd != 'N'",
    ),
    miscoded(
      'refused shots given',
      'negation',
      'immunization-status',
      'N,not-done,Not Done',
      'N,completed,Completed',
    ),
  ],
  procedures: [
    miscoded(
      'not done, yet done',
      'negation',
      'procedure-status',
      'N,not-done,Not Done',
      'N,completed,Completed',
    ),
    fault(
      'day of the procedure lost',
      'precision',
      mapping('procedures'),
      "perf_dt.dateTime('yyyyMMdd')",
      "(perf_dt.substring(0, 6)).dateTime('yyyyMM')",
    ),
  ],
  orders: [
    miscoded(
      'cancelled orders active',
      'status',
      'order-status',
      'X,revoked,Revoked',
      'X,active,Active',
    ),
    miscoded('urgent orders routine', 'wrong code', 'priority', 'S,stat,STAT', 'S,routine,Routine'),
  ],
  appointments: [
    miscoded(
      'missed appointments fulfilled',
      'status',
      'appointment-status',
      'N,noshow,No Show',
      'N,fulfilled,Fulfilled',
    ),
    fault(
      'clocks of the book taken for UTC',
      'shifted date',
      mapping('appointments'),
      'start: start_ts.instant()',
      "start: start_ts.toString().replace('T', ' ').instant('yyyy-MM-dd HH:mm:ss', 'UTC')",
    ),
  ],
  directives: [
    swapped(
      'resuscitate, and do not',
      'negation',
      'codes/directive.csv',
      ['FULL', '304252001,For resuscitation'],
      ['DNR', '304253006,Not for resuscitation'],
    ),
    miscoded(
      'revoked directives in force',
      'status',
      'directive-status',
      'R,inactive,Inactive',
      'R,active,Active',
    ),
  ],
  notes: [
    fault(
      'notes cut to a field of sixty',
      'truncated text',
      mapping('notes'),
      "body_txt.encode('base64')",
      "body_txt.substring(0, 60).encode('base64')",
    ),
    miscoded(
      'unsigned notes final',
      'status',
      'note-signature',
      'U,preliminary,Preliminary',
      'U,final,Final',
    ),
    fault(
      'letters beyond ASCII replaced in notes',
      'encoding',
      mapping('notes'),
      "body_txt.encode('base64')",
      `body_txt.replaceMatches('[–½ú]', '?').encode('base64')`,
    ),
  ],
  documents: [
    miscoded(
      'superseded scans current',
      'status',
      'document-status',
      'S,superseded,Superseded',
      'S,current,Current',
    ),
  ],
  insurance: [
    fault(
      'coverage of another payer',
      'lost link',
      mapping('insurance'),
      "- payer_id.reference('clinic.payers')",
      "- iif(payer_id = 502, 503, payer_id).reference('clinic.payers')",
    ),
  ],
  guarantors: [
    swapped(
      'parents for guardians',
      'wrong code',
      'codes/guarantor-relation.csv',
      ['P', 'PRN,parent'],
      ['G', 'GUARD,guardian'],
    ),
  ],
  charges: [
    fault(
      'dollars for cents',
      'decimals',
      mapping('charges'),
      'total: { value: total_amt.decimal()',
      "total: { value: \"total_amt.replace('.', '').decimal()\"",
    ),
    swapped(
      'Medicare for Medicaid',
      'wrong code',
      'codes/financial-class.csv',
      ['MCR', 'MCR,Medicare'],
      ['MCD', 'MCD,Medicaid'],
    ),
    fault(
      'guarantors of some classes forgotten',
      'lost link',
      mapping('charges'),
      '$when: guar_id.exists()',
      "$when: guar_id.exists() and fin_cls = 'SLF'",
    ),
    fault(
      'units cut to one',
      'decimals',
      mapping('charges'),
      'quantity: { value: units }',
      "quantity: { value: 'iif(units > 1, 1, units)' }",
    ),
    fault(
      'lines of a claim after the third lost',
      'dropped',
      mapping('charges'),
      '- $each: lines\n',
      '- $each: lines.take(3)\n',
    ),
    fault(
      'every line after the first a visit to the office',
      'wrong code',
      mapping('charges'),
      'code: cpt_cd }]',
      `code: "iif(line_no > 1, '99213', cpt_cd)" }]`,
    ),
    fault(
      'lines numbered anew from the last',
      'wrong column',
      mapping('charges'),
      'sequence: line_no\n        productOrService',
      'sequence: 100 - line_no\n        productOrService',
    ),
  ],
  payments: [
    fault(
      'payments in another currency',
      'code system',
      mapping('payments'),
      'paymentAmount: { value: pay_amt.decimal(), currency: =USD }',
      'paymentAmount: { value: pay_amt.decimal(), currency: =CAD }',
    ),
    miscoded(
      'void payments posted',
      'status',
      'payment-status',
      'V,cancelled,Cancelled',
      'V,active,Active',
    ),
  ],
  adjustments: [
    swapped(
      'bad debt for charity',
      'wrong code',
      'codes/adjustment.csv',
      ['BD', 'bad-debt,Bad debt'],
      ['CHR', 'charity,Charity'],
    ),
  ],
};
