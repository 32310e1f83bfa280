import type { Segment } from '../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Conversion } from './conversion.ts';
import type { Resource } from '../resource.ts';
import type { Scope } from './scope.ts';
import * as clinical from './segments/clinical.ts';
import * as documents from './segments/documents.ts';
import * as finance from './segments/finance.ts';
import { mapEvent, mapSoftware } from './segments/header.ts';
import * as medications from './segments/medications.ts';
import { mapObservation } from './segments/observations.ts';
import * as orders from './segments/orders.ts';
import * as patients from './segments/patient.ts';
import * as scheduling from './segments/scheduling.ts';
import * as visits from './segments/visit.ts';

/** Segments that say something of a patient, and nothing without one. */
export const needsPatient: ReadonlySet<string> = new Set(
  'PD1 NK1 MRG AL1 IAM DG1 PR1 PRB GT1 IN1 FT1 DB1 ACC RXO RXE RXD RXA'.split(' '),
);

type SegmentMap = (
  segment: Segment,
  scope: Scope,
  conversion: Conversion,
  header: Resource,
) => void;

/** A patient that `needsPatient` has made sure of. */
const patientOf = (scope: Scope): Resource => scope.get('patient') as Resource;

const maps: Readonly<Record<string, SegmentMap>> = {
  SFT: (segment, _, conversion, header) => mapSoftware(segment, header, conversion),
  EVN: (segment, _, conversion, header) => mapEvent(segment, header, conversion),
  PID: mapPatientGroup,
  PD1: (segment, scope, conversion) =>
    patients.mapDemographics(segment, patientOf(scope), conversion),
  NK1: (segment, scope, conversion) => patients.mapNextOfKin(segment, patientOf(scope), conversion),
  MRG: (segment, scope, conversion) => patients.mapMerge(segment, patientOf(scope), conversion),
  PV1(segment, scope, conversion) {
    if (visits.isNoVisit(segment)) return;
    const visit = visits.mapVisit(segment, scope.get('patient'), conversion);
    scope.setOutside('visit', visit);
    scope.set('last', visit);
  },
  PV2(segment, scope, conversion) {
    const visit = scope.get('visit');
    if (visit !== undefined) visits.mapVisitDetails(segment, visit, conversion);
  },
  ROL: (segment, scope, conversion) => visits.mapRole(segment, scope.get('last'), conversion),
  PRT: (segment, scope, conversion) => visits.mapRole(segment, scope.get('last'), conversion),
  DB1: (segment, scope, conversion) => visits.mapDisability(segment, patientOf(scope), conversion),
  AL1: (segment, scope, conversion) =>
    scope.set('last', clinical.mapAllergy(segment, patientOf(scope), conversion)),
  IAM: (segment, scope, conversion) =>
    scope.set('last', clinical.mapAllergy(segment, patientOf(scope), conversion)),
  DG1(segment, scope, conversion) {
    const condition = clinical.mapDiagnosis(
      segment,
      patientOf(scope),
      scope.get('visit'),
      conversion,
    );
    const order = scope.get('order');
    if (order !== undefined) add(order, 'reasonReference', referenceTo(condition));
  },
  PRB: (segment, scope, conversion) =>
    scope.set('last', clinical.mapProblem(segment, patientOf(scope), conversion)),
  PR1(segment, scope, conversion) {
    const visit = scope.get('visit');
    const procedure = clinical.mapProcedure(segment, patientOf(scope), visit, conversion);
    scope.set('procedure', procedure);
    scope.set('last', procedure);
  },
  NTE: mapNote,
  GT1: (segment, scope, conversion) =>
    finance.mapGuarantor(segment, patientOf(scope), scope.get('account'), conversion),
  IN1: (segment, scope, conversion) =>
    scope.set('coverage', finance.mapCoverage(segment, patientOf(scope), conversion)),
  IN2(segment, scope, conversion) {
    const coverage = scope.get('coverage');
    if (coverage !== undefined) finance.mapMoreCoverage(segment, coverage, conversion);
  },
  ACC: (segment, scope, conversion) =>
    finance.mapAccident(segment, patientOf(scope), scope.get('visit'), conversion),
  FT1(segment, scope, conversion) {
    const [visit, account] = [scope.get('visit'), scope.get('account')];
    const charge = finance.mapCharge(segment, patientOf(scope), visit, account, conversion);
    scope.set('last', charge);
  },
  ORC: mapOrderControl,
  OBR: mapRequest,
  OBX: mapResult,
  SPM(segment, scope, conversion) {
    const specimen = orders.mapSpecimen(segment, scope.get('patient'), conversion);
    scope.set('specimen', specimen);
    const owner = scope.get('report') ?? scope.get('order');
    if (owner !== undefined) add(owner, 'specimen', referenceTo(specimen));
    scope.set('last', specimen);
  },
  TQ1: mapTiming,
  RXO: mapDrugOrder,
  RXE: mapDrugOrder,
  RXD(segment, scope, conversion) {
    const [common, order] = [scope.get('common'), scope.get('prescription')];
    if (common !== undefined) conversion.ordered.add(common);
    const dispense = medications.mapDispense(segment, common, order, patientOf(scope), conversion);
    scope.set('drug', dispense);
    scope.set('last', dispense);
  },
  RXA: mapGiven,
  RXR(segment, scope, conversion) {
    const owner = scope.get('drug');
    if (owner !== undefined && owner.resourceType !== 'MedicationDispense') {
      medications.mapRoute(segment, owner, conversion);
    }
  },
  RXC(segment, scope, conversion) {
    const owner = scope.get('drug');
    if (owner !== undefined) medications.mapComponent(segment, owner, conversion);
  },
  SCH(segment, scope, conversion) {
    const appointment = scheduling.mapAppointment(segment, conversion);
    scope.setOutside('appointment', appointment);
    scope.set('last', appointment);
  },
  AIS: mapAppointmentPart,
  AIG: mapAppointmentPart,
  AIL: mapAppointmentPart,
  AIP: mapAppointmentPart,
  TXA(segment, scope, conversion) {
    const [patient, visit] = [scope.get('patient'), scope.get('visit')];
    const document = documents.mapDocument(segment, patient, visit, conversion);
    scope.set('document', document);
    scope.set('last', document);
  },
  RF1(segment, scope, conversion) {
    const referral = scheduling.mapReferral(segment, scope.get('patient'), conversion);
    scope.setOutside('order', referral);
    scope.set('last', referral);
  },
  PRD: (segment, scope, conversion) =>
    scheduling.mapReferralProvider(segment, scope.get('order'), conversion),
};

/** Apply the rules of a segment; one without rules stays unread. */
export function mapSegment(
  segment: Segment,
  scope: Scope,
  conversion: Conversion,
  header: Resource,
): void {
  maps[segment.name]?.(segment, scope, conversion, header);
}

const ofPatient = ['visit', 'account', 'coverage', 'prescription', 'drug', 'report'] as const;
const ofOrder = ['order', 'report', 'prescription', 'drug', 'immunization', 'timing'] as const;

function mapPatientGroup(segment: Segment, scope: Scope, conversion: Conversion): void {
  const patient = patients.mapPatient(segment, conversion);
  // Nothing of the patient before is this one's.
  for (const name of ofPatient) scope.setOutside(name, undefined);
  scope.setOutside('patient', patient);
  scope.set('last', patient);
  const account = patients.mapAccount(segment, patient, conversion);
  if (account !== undefined) scope.setOutside('account', account);
  patients.mapMother(segment, patient, conversion);
  const appointment = scope.get('appointment');
  if (appointment !== undefined) scheduling.appointmentSubject(appointment, patient);
  // A referral stands before its patient.
  const order = scope.get('order');
  if (order !== undefined && conversion.type === 'REF')
    fill(order, 'subject', referenceTo(patient));
}

function mapNote(segment: Segment, scope: Scope, conversion: Conversion): void {
  const note = clinical.noteOf(segment, conversion);
  const owner = scope.get('last');
  if (note === undefined || owner === undefined) return;
  switch (owner.resourceType) {
    case 'Appointment':
      owner['comment'] = [owner['comment'], note['text']].filter(Boolean).join('\n');
      break;
    case 'DiagnosticReport':
      // A report has no notes: they go to what was ordered.
      add(scope.get('order') ?? owner, 'note', note);
      break;
    case 'Patient':
    case 'Encounter':
    case 'DocumentReference':
      add(owner, 'extension', { url: 'urn:x-hl7v2:extension:NTE-note', valueAnnotation: note });
      break;
    default:
      add(owner, 'note', note);
  }
}

/** An ORC that nothing was made of by the end of its group is an order all the same. */
export function finishOrder(scope: Scope, conversion: Conversion): void {
  const common = scope.own('common');
  if (common === undefined || conversion.ordered.has(common)) return;
  conversion.ordered.add(common);
  const order = orders.mapServiceRequest(common, undefined, conversion);
  placeOf(order, scope.get('patient'), scope.get('visit'));
}

function mapOrderControl(segment: Segment, scope: Scope, conversion: Conversion): void {
  // In OUL an order's ORC comes after its OBR.
  finishOrder(scope, conversion);
  const detail = conversion.type === 'OUL' ? scope.get('detail') : undefined;
  scope.set('common', segment);
  if (detail !== undefined) mapRequest(detail, scope, conversion);
  else for (const name of ofOrder) scope.set(name, undefined);
}

/** Messages whose OBR is a result. */
const resultTypes: ReadonlySet<string> = new Set(['ORU', 'OUL', 'REF', 'MDM']);

function mapRequest(segment: Segment, scope: Scope, conversion: Conversion): void {
  const common = scope.get('common');
  const subject = scope.get('patient');
  const visit = scope.get('visit');
  if (common !== undefined) conversion.ordered.add(common);
  const order = orders.mapServiceRequest(common, segment, conversion);
  const timing = scope.get('timing');
  if (timing !== undefined) orders.mapRequestTiming(timing, order, conversion);
  if (conversion.type !== 'OUL') scope.set('specimen', undefined);
  placeOf(order, subject, visit);
  // The results of a charge's order stand beside the group of its OBR.
  const around = conversion.type === 'DFT' ? 'setBeside' : 'set';
  scope[around]('order', order);
  scope.set('detail', segment);
  scope.set('last', order);
  const specimen = orders.mapSource(common, segment, conversion);
  if (specimen !== undefined) {
    if (subject !== undefined) fill(specimen, 'subject', referenceTo(subject));
    add(order, 'specimen', referenceTo(specimen));
  }
  if (!resultTypes.has(conversion.type) && !segment.valued(25)) return;
  const report = orders.mapReport(common, segment, order, conversion);
  placeOf(report, subject, visit);
  if (specimen !== undefined) add(report, 'specimen', referenceTo(specimen));
  const known = scope.get('specimen');
  if (known !== undefined) add(report, 'specimen', referenceTo(known));
  scope[around]('report', report);
  scope.set('last', report);
}

function placeOf(
  resource: Resource,
  subject: Resource | undefined,
  visit: Resource | undefined,
): void {
  if (subject !== undefined) resource['subject'] = referenceTo(subject);
  if (visit !== undefined) resource['encounter'] = referenceTo(visit);
}

function mapResult(segment: Segment, scope: Scope, conversion: Conversion): void {
  const document = scope.get('document');
  if (document !== undefined && conversion.type === 'MDM')
    return documents.mapContent(segment, document);
  const immunization = scope.get('immunization');
  const report = scope.get('report');
  const order = scope.get('order');
  const subject = scope.get('patient');
  const visit = scope.get('visit');
  const owner = report ?? immunization ?? order ?? visit ?? subject;
  const place = {
    subject,
    visit,
    specimen: scope.get('specimen'),
    owner: owner?.id ?? conversion.messageKey,
  };
  const observation = mapObservation(segment, place, conversion);
  if (report !== undefined) add(report, 'result', referenceTo(observation));
  if (order !== undefined) add(observation, 'basedOn', referenceTo(order));
  if (immunization !== undefined) add(observation, 'partOf', referenceTo(immunization));
  scope.set('last', observation);
}

function mapTiming(segment: Segment, scope: Scope, conversion: Conversion): void {
  const [prescription, order, appointment] = [
    scope.get('prescription'),
    scope.get('order'),
    scope.get('appointment'),
  ];
  if (prescription !== undefined)
    medications.mapPrescriptionTiming(segment, prescription, conversion);
  else if (order !== undefined) orders.mapRequestTiming(segment, order, conversion);
  else if (appointment !== undefined)
    scheduling.mapAppointmentTiming(segment, appointment, conversion);
  else scope.setOutside('timing', segment);
}

function mapDrugOrder(segment: Segment, scope: Scope, conversion: Conversion): void {
  const before = scope.get('prescription');
  const subject = scope.get('patient') as Resource;
  const common = scope.get('common');
  if (common !== undefined) conversion.ordered.add(common);
  const order = medications.mapPrescription(segment, common, subject, conversion);
  const timing = scope.get('timing');
  if (timing !== undefined) medications.mapPrescriptionTiming(timing, order, conversion);
  scope.setOutside('timing', undefined);
  const visit = scope.get('visit');
  if (visit !== undefined) order['encounter'] = referenceTo(visit);
  if (before !== undefined && segment.name === 'RXE') add(order, 'basedOn', referenceTo(before));
  // What was ordered and how it was encoded stand beside each other in one group.
  scope.setOutside('prescription', order);
  scope.setOutside('drug', order);
  scope.set('last', order);
}

function mapGiven(segment: Segment, scope: Scope, conversion: Conversion): void {
  const subject = scope.get('patient') as Resource;
  const common = scope.get('common');
  if (common !== undefined) conversion.ordered.add(common);
  const visit = scope.get('visit');
  if (conversion.type === 'RAS' || conversion.type === 'RGV') {
    const order = scope.get('prescription');
    const given = medications.mapAdministration(segment, common, order, subject, conversion);
    if (visit !== undefined) given['context'] = referenceTo(visit);
    scope.set('drug', given);
    scope.set('last', given);
    return;
  }
  const given = medications.mapImmunization(segment, common, subject, conversion);
  // An order is that of one dose: its number is not another one's.
  scope.set('common', undefined);
  if (visit !== undefined) given['encounter'] = referenceTo(visit);
  scope.set('immunization', given);
  scope.set('drug', given);
  scope.set('last', given);
}

function mapAppointmentPart(segment: Segment, scope: Scope, conversion: Conversion): void {
  const appointment = scope.get('appointment');
  if (appointment !== undefined)
    scheduling.mapAppointmentResource(segment, appointment, conversion);
}
