import { Statement } from './standardFacts.ts';
import type { Statements, StatementSettings } from './standardFacts.ts';
import { patientKey, payerOfN1, type Segment, type TransactionSegments } from './x12Segments.ts';

/** A remittance (835): what moved and under which number, and what was paid for each claim. */
export function statePayments(
  { segments, numbers }: TransactionSegments,
  settings: StatementSettings,
  into: Statements,
): void {
  const find = (id: string, code?: string): Segment =>
    segments.find(([name, first]) => name === id && (code === undefined || first === code)) ?? [];
  const trace = find('TRN')[2] ?? '';
  const currency = find('CUR')[2] || 'USD';
  const payment = settings.identify('PaymentReconciliation', `${numbers}|${trace}`);
  const whole = new Statement(into, 'PaymentReconciliation', payment, '');
  whole.state('kind', 'PaymentReconciliation');
  whole.state('payment-amount', find('BPR')[2], currency);
  whole.state('payment-number', trace);
  const payer = payerOfN1(find('N1', 'PR'));
  for (const [at, segment] of segments.entries()) {
    if (segment[0] !== 'CLP') continue;
    const key = `${numbers}|${segment[1]}|${segment[7] ?? ''}|${at + 1}`;
    const id = settings.identify('ExplanationOfBenefit', key);
    const patient = patientOf(segments, at, payer);
    const subject = patient === '' ? '' : settings.identify('Patient', patient);
    const benefit = new Statement(into, 'ExplanationOfBenefit', id, subject);
    benefit.state('kind', 'ExplanationOfBenefit');
    benefit.state('benefit-claim', segment[1]);
    benefit.state('benefit-paid', segment[4], currency);
  }
}

/** Who the claim behind a CLP is of: NM1 of the patient, with the number of the subscriber. */
function patientOf(segments: readonly Segment[], from: number, payer: string): string {
  const next = segments.findIndex(([name], at) => at > from && name === 'CLP');
  const own = segments.slice(from, next < 0 ? undefined : next);
  const named = (code: string): Segment | undefined =>
    own.find(([name, first]) => name === 'NM1' && first === code);
  const patient = named('QC');
  return patient === undefined ? '' : patientKey(payer, patient, named('IL')?.[9] ?? '', '');
}
