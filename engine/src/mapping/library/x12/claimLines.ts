import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import type { Element } from '../resource.ts';
import type { ClaimScope } from './claimScope.ts';
import { coded, nubc, own, placesOfService } from './codes.ts';
import { pathOf, spanOf, timing } from './conversion.ts';
import { serviceOf } from './services.ts';

/** UCUM units of SV103, CTP05 and the like (data element 355). */
const units: Readonly<Record<string, string>> = {
  MJ: 'min',
  DA: 'd',
  ML: 'mL',
  GR: 'g',
  ME: 'mg',
  F2: '[iU]',
};

/** A service line (2400) as an item of its claim. */
export function mapLine(line: Loop, sequence: number, scope: ClaimScope): Element {
  const item: Element = { sequence };
  const service = line.segments.find(({ id }) => id === 'SV1' || id === 'SV2' || id === 'SV3');
  const team = line
    .within(...scope.team.lineLoops)
    .map((party) => partyOnLine(party, item, scope))
    .filter((at) => at !== undefined);
  if (team.length > 0) item['careTeamSequence'] = team;
  if (service?.id === 'SV1') professional(service, item, line, scope);
  else if (service?.id === 'SV2') institutional(service, item, line, scope);
  else if (service?.id === 'SV3') dental(service, item, line, scope);
  const dtp = line.segment('DTP', '472');
  const span = dtp === undefined ? undefined : spanOf(dtp, line, scope.conversion);
  Object.assign(item, timing('serviced', span));
  if (item['locationCodeableConcept'] === undefined && item['locationReference'] === undefined) {
    if (scope.place !== undefined) item['locationCodeableConcept'] = scope.place;
  }
  const facts = [...scope.facts.readRest(line), ...references(line, scope)];
  if (facts.length > 0) item['informationSequence'] = facts;
  const drugs = line.within('2410').map((drug, at) => drugOf(drug, at + 1, scope));
  if (drugs.length > 0) item['detail'] = drugs;
  return item;
}

/** Who took part in the line; where it was done is its place. */
function partyOnLine(party: Loop, item: Element, scope: ClaimScope): number | undefined {
  const code = party.first.peek(1);
  if (code !== '77' && code !== 'FA' && code !== 'LI' && code !== 'TL') return scope.team.of(party);
  const place = scope.team.facility(party);
  if (place !== undefined) item['locationReference'] = place;
  return undefined;
}

function professional(sv1: X12Segment, item: Element, line: Loop, scope: ClaimScope): void {
  const { conversion } = scope;
  const { code, modifiers } = serviceOf(sv1, 1);
  item['productOrService'] = code;
  if (modifiers.length > 0) item['modifier'] = modifiers;
  item['net'] = conversion.money(sv1, 2, line);
  item['quantity'] = quantityOf(sv1, 4, 3, line, scope);
  const place = sv1.text(5);
  if (place !== '') item['locationCodeableConcept'] = coded(placesOfService, place);
  const pointers: number[] = [];
  for (let at = 1; at <= sv1.parts(7); at++) {
    const pointer = Number(sv1.part(7, at) || 'none');
    if (Number.isInteger(pointer) && pointer >= 1 && pointer <= scope.diagnoses) {
      if (!pointers.includes(pointer)) pointers.push(pointer);
    } else if (sv1.part(7, at) !== '') {
      conversion.issue('x12-pointer-without-diagnosis', pathOf(line, sv1, 7));
    }
  }
  if (pointers.length > 0) item['diagnosisSequence'] = pointers;
}

function institutional(sv2: X12Segment, item: Element, line: Loop, scope: ClaimScope): void {
  const revenue = sv2.text(1);
  if (revenue !== '') item['revenue'] = coded(`${nubc}RevenueCodes`, revenue);
  const { code, modifiers } = serviceOf(sv2, 2);
  item['productOrService'] = code;
  if (modifiers.length > 0) item['modifier'] = modifiers;
  item['net'] = scope.conversion.money(sv2, 3, line);
  item['quantity'] = quantityOf(sv2, 5, 4, line, scope);
}

function dental(sv3: X12Segment, item: Element, line: Loop, scope: ClaimScope): void {
  const { code, modifiers } = serviceOf(sv3, 1);
  item['productOrService'] = code;
  if (modifiers.length > 0) item['modifier'] = modifiers;
  item['net'] = scope.conversion.money(sv3, 2, line);
  const value = scope.conversion.decimal(sv3, 6, line);
  if (value !== undefined) item['quantity'] = { value };
  const area = sv3.part(4, 1);
  const tooth = line.segment('TOO');
  if (tooth !== undefined) {
    tooth.pass(1);
    item['bodySite'] = coded('http://www.ada.org/tooth', tooth.text(2));
    const surfaces = Array.from({ length: tooth.parts(3) }, (_, at) => tooth.part(3, at + 1));
    const told = surfaces.filter((each) => each !== '');
    if (told.length > 0) item['subSite'] = told.map((each) => coded(own('tooth-surface'), each));
  } else if (area !== '') item['bodySite'] = coded(own('oral-cavity'), area);
}

function quantityOf(
  segment: X12Segment,
  at: number,
  unitAt: number,
  line: Loop,
  { conversion }: ClaimScope,
): Element | undefined {
  const value = conversion.decimal(segment, at, line);
  const unit = segment.text(unitAt);
  if (value === undefined) return undefined;
  if (unit === 'UN' || unit === '') return { value };
  const ucum = units[unit];
  if (ucum === undefined) return { value, unit };
  return { value, unit: ucum, system: 'http://unitsofmeasure.org', code: ucum };
}

/** REF of a line: numbers that others gave it. */
function references(line: Loop, { facts }: ClaimScope): number[] {
  return line.all('REF').flatMap((ref) => {
    const value = ref.text(2);
    return value === '' ? [] : [facts.text('reference', ref.text(1), value)];
  });
}

/** LIN and CTP: the drug of a line by its NDC, and how much of it. */
function drugOf(drug: Loop, sequence: number, scope: ClaimScope): Element {
  const lin = drug.first;
  const qualifier = lin.text(2);
  const system =
    qualifier === 'N4' ? 'http://hl7.org/fhir/sid/ndc' : `${own('service')}:${qualifier}`;
  const detail: Element = { sequence, productOrService: coded(system, lin.text(3)) };
  const ctp = drug.segment('CTP');
  if (ctp === undefined) return detail;
  const value = scope.conversion.decimal(ctp, 4, drug);
  const unit = ctp.part(5, 1);
  const ucum = units[unit];
  if (value === undefined) return detail;
  const coding = ucum === undefined ? {} : { system: 'http://unitsofmeasure.org', code: ucum };
  detail['quantity'] = { value, ...(unit !== '' && { unit: ucum ?? unit }), ...coding };
  return detail;
}
