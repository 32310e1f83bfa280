import type { JsonObject } from '../../src/base/json.ts';
import { syntheaId, text, values, type Chart } from './chart.ts';
import { isUnder, leafPaths, type Field, type TypeRules, type Unknowable } from './field.ts';
import { Tally } from './tally.ts';
import { moment } from './meaning.ts';

/** Both sides of the comparison. */
export interface Charts {
  theirs: Chart;
  ours: Chart;
}

/** Compare every resource of a type that the bundles have, and count what only we have. */
export function compareType(
  charts: Charts,
  rules: TypeRules,
  forAll: readonly Unknowable[],
  tally: Tally,
): void {
  const left = new Map<string, JsonObject[]>();
  for (const resource of charts.ours.all(rules.type)) {
    const { exact } = rules.join(resource, charts.ours);
    const same = left.get(exact);
    if (same === undefined) left.set(exact, [resource]);
    else same.push(resource);
  }
  for (const resource of charts.theirs.all(rules.type)) {
    const outside = rules.outside?.(resource);
    if (outside !== undefined) {
      tally.unknowable(`${rules.type} as a whole`, outside);
      continue;
    }
    const found = takeCounterpart(charts, rules, resource, left);
    tally.expected(rules.type, found !== undefined, text(resource.id));
    if (found !== undefined) comparePair(charts, rules, forAll, resource, found, tally);
  }
  const known = new Set(charts.theirs.all('Patient').map(syntheaId));
  for (const resource of [...left.values()].flat()) {
    tally.extra(rules.type, known.has(patientOf(resource, charts.ours)), text(resource.id));
  }
}

function patientOf(resource: JsonObject, chart: Chart): string {
  if (resource.resourceType === 'Patient') return syntheaId(resource);
  const [subject] = [...values(resource, 'subject'), ...values(resource, 'patient')];
  return chart.meaning(subject);
}

/** The one joined with it; of several, the one that agrees in most. It is taken from `left`. */
function takeCounterpart(
  charts: Charts,
  rules: TypeRules,
  resource: JsonObject,
  left: Map<string, JsonObject[]>,
): JsonObject | undefined {
  const { exact, when = '' } = rules.join(resource, charts.theirs);
  const group = left.get(exact) ?? [];
  const candidates = group.filter((one) => moment(when, rules.join(one, charts.ours).when ?? ''));
  let best = candidates[0];
  if (candidates.length > 1) {
    const score = (one: JsonObject): number =>
      rules.fields.filter((field) => agreesIn(charts, field, resource, one)).length;
    best = candidates.toSorted((one, other) => score(other) - score(one))[0];
  }
  if (best !== undefined) group.splice(group.indexOf(best), 1);
  return best;
}

function agreesIn(charts: Charts, field: Field, theirs: JsonObject, ours: JsonObject): boolean {
  const tally = new Tally();
  compareField(charts, '', field, theirs, ours, tally);
  const { fields, agreed } = tally.figures();
  return fields === agreed;
}

function comparePair(
  charts: Charts,
  rules: TypeRules,
  forAll: readonly Unknowable[],
  theirs: JsonObject,
  ours: JsonObject,
  tally: Tally,
): void {
  for (const field of rules.fields) {
    compareField(charts, rules.type, field, theirs, ours, tally);
  }
  const unknowable = [...rules.unknowable, ...forAll];
  const told = new Set<Unknowable>();
  for (const path of leafPaths(theirs)) {
    if (path === 'resourceType' || path === 'id') continue;
    if (rules.fields.some(({ covers }) => covers.some((element) => isUnder(path, element))))
      continue;
    const declared = unknowable.find(({ element }) => isUnder(path, element));
    if (declared === undefined) {
      tally.different(rules.type, `${path} is not declared`, false, text(theirs.id));
    } else if (!told.has(declared)) {
      told.add(declared);
      tally.unknowable(`${rules.type}.${declared.element}`, declared.why);
    }
  }
}

function compareField(
  { theirs: bundle, ours: chart }: Charts,
  type: string,
  field: Field,
  theirs: JsonObject,
  ours: JsonObject,
  tally: Tally,
): void {
  const [expected, found] = [field.read(theirs, bundle), field.read(ours, chart)];
  for (const slot of new Set([...expected.keys(), ...found.keys()])) {
    const has = found.get(slot) ?? [];
    const [missing, more] = unmatched(expected.get(slot) ?? [], has, field);
    const lacking = missing.filter((value) => {
      const why = field.silent?.(value, has, slot);
      if (why !== undefined) tally.unknowable(`${type}.${field.name}`, why);
      return why === undefined;
    });
    const compared = (expected.get(slot)?.length ?? 0) - (missing.length - lacking.length);
    const surplus = field.compare === 'equal' ? more.length : 0;
    if (compared === 0 && surplus === 0) continue;
    if (lacking.length === 0 && surplus === 0) tally.agreed(type);
    else {
      const how = more.length === 0 ? 'is missing' : 'differs';
      const what = lacking.length === 0 ? 'has more than the bundle' : how;
      tally.different(type, `${field.name} ${what}`, field.clinical, text(theirs.id));
    }
  }
}

/** Values of each side that the other has no counterpart for, one for one. */
function unmatched(
  expected: readonly string[],
  found: readonly string[],
  { meaning }: Field,
): [missing: string[], more: string[]] {
  const more = [...found];
  const missing = expected.filter((value) => {
    const at = more.findIndex((one) => meaning(value, one));
    if (at !== -1) more.splice(at, 1);
    return at === -1;
  });
  return [missing, more];
}
