import { statedTime } from './hl7Time.ts';
import { Statement } from './standardFacts.ts';
import type { Statements, StatementSettings } from './standardFacts.ts';
import { patientKey, payerOfN1, type Segment, type TransactionSegments } from './x12Segments.ts';

/** An enrollment (834): each member's coverages, their numbers, their days, and whether they stand. */
export function stateMembers(
  { segments }: TransactionSegments,
  settings: StatementSettings,
  into: Statements,
): void {
  const insurer = segments.find(([name, code]) => name === 'N1' && code === 'IN');
  const payer = insurer === undefined ? '' : payerOfN1(insurer);
  for (const [at, [name]] of segments.entries()) {
    if (name !== 'INS') continue;
    const end = segments.findIndex(([each], after) => after > at && each === 'INS');
    stateMember(segments.slice(at, end < 0 ? undefined : end), payer, settings, into);
  }
}

/** INS03 or HD01 of what has ended: terminated, or deleted. */
const ended = ['002', '024'];

function stateMember(
  member: readonly Segment[],
  payer: string,
  settings: StatementSettings,
  into: Statements,
): void {
  const benefits = member.flatMap(([name], at) => (name === 'HD' ? [at] : []));
  const own = member.slice(0, benefits[0]);
  const person = own.find(([name, code]) => name === 'NM1' && (code === 'IL' || code === '74'));
  if (person === undefined) return;
  const number = referenceIn(own, '0F');
  const born = own.slice(own.indexOf(person)).find(([name]) => name === 'DMG')?.[2] ?? '';
  const patient = settings.identify('Patient', patientKey(payer, person, number, born));
  // Without HD the member's whole enrollment is meant.
  const parts = benefits.map((at, nth) => member.slice(at, benefits[nth + 1]));
  for (const benefit of parts.length === 0 ? [[]] : parts) {
    const [, maintenance = '', , line = '', plan = ''] = benefit[0] ?? [];
    const group = referenceIn(benefit, '1L') || referenceIn(own, '1L');
    const key = [payer, number, group, `${line}|${plan}`, `Patient/${patient}`].join('|');
    const coverage = new Statement(into, 'Coverage', settings.identify('Coverage', key), patient);
    const told = maintenance || (own[0]?.[3] ?? '');
    coverage.state('kind', 'Coverage');
    coverage.state('coverage-status', ended.includes(told) ? 'cancelled' : 'active');
    coverage.state('coverage-member', number);
    coverage.state('coverage-group', group);
    coverage.state('coverage-start', dayIn(benefit, '348') ?? dayIn(own, '356'));
    coverage.state('coverage-end', dayIn(benefit, '349') ?? dayIn(own, '357'));
  }
}

function referenceIn(segments: readonly Segment[], qualifier: string): string {
  return segments.find(([name, code]) => name === 'REF' && code === qualifier)?.[2] ?? '';
}

/** A day or the first of a span of days. */
function dayIn(segments: readonly Segment[], qualifier: string): string | undefined {
  const [, , form, written = ''] =
    segments.find(([name, code]) => name === 'DTP' && code === qualifier) ?? [];
  const day = form === 'RD8' ? written.split('-')[0] : written;
  return day === undefined || day === '' ? undefined : statedTime(day, undefined, undefined);
}
