import {
  canonicalJson,
  isJsonObject,
  parseJson,
  type Json,
  type JsonObject,
} from '../../base/json.ts';
import type { BroughtChart, Charted } from '../../model/person.ts';

/** Names the record behind a link that has no identifier of its own: its stable id. */
export const recordSystem = 'urn:handover:record';

/** Which records lead to another one's chart, as one round of linking decided it. Ids differ between types too. */
export class Charts {
  readonly #chart: ReadonlyMap<string, string>;
  readonly #merged: ReadonlyMap<string, readonly Charted[]>;
  readonly #former: ReadonlyMap<string, string | undefined>;
  readonly #replaced: ReadonlySet<string>;
  readonly #brought: ReadonlyMap<string, readonly BroughtChart[]>;

  /** @param charted each record once; those of one chart in the order in which they arrived. */
  constructor(charted: readonly Charted[], brought: readonly BroughtChart[] = []) {
    this.#brought = Map.groupBy(brought, ({ record }) => record);
    this.#chart = new Map(charted.map(({ record, chart }) => [record, chart]));
    this.#former = new Map(charted.map(({ record, former }) => [record, former]));
    this.#replaced = new Set(charted.flatMap((one) => (one.replaced ? [one.record] : [])));
    this.#merged = Map.groupBy(charted, ({ chart }) => chart);
  }

  get size(): number {
    return this.#chart.size + this.#brought.size;
  }

  /** The id of the chart that a record leads to: mostly its own. */
  chartOf(id: string): string {
    return this.#chart.get(id) ?? id;
  }

  /** The resource of an earlier run's chart, where this record brings it along. */
  formerBroughtBy(id: string): string | undefined {
    return this.#former.get(id);
  }

  /** Charts of earlier runs, or of a target's own, that a record brings along beside its own Patient. */
  broughtBesideOf(id: string): readonly BroughtChart[] {
    return this.#brought.get(id) ?? [];
  }

  /** Charts that are not made here, each without what leads to it and with that, canonical. */
  *additions(): Generator<{ chart: string; before: string; after: string }> {
    for (const [record, former] of this.#former) {
      if (former === undefined) continue;
      const chart = this.chartOf(record);
      yield { chart, before: former, after: chartBody(former, chart, this) };
    }
    for (const { chart, former } of [...this.#brought.values()].flat()) {
      yield { chart, before: former, after: chartBody(former, chart, this) };
    }
  }

  /** Whether the record's own Patient stands at the target and leads to the chart. */
  isReplaced(id: string): boolean {
    return this.#replaced.has(id);
  }

  isMerged(id: string): boolean {
    return this.#chart.has(id);
  }

  /** The records that lead to a chart beside its own. */
  mergedInto(id: string): readonly Charted[] {
    return this.#merged.get(id) ?? [];
  }

  /** Whether a chart says more than its own record does, and so may refer to more. */
  gainsElements(id: string): boolean {
    return this.mergedInto(id).some(({ elements }) => elements !== undefined);
  }

  /** `Type/id` of a reference as it is resolved. */
  resolve(reference: string): string {
    const slash = reference.indexOf('/') + 1;
    const chart = this.#chart.get(reference.slice(slash));
    return chart === undefined ? reference : reference.slice(0, slash) + chart;
  }
}

const patient = 'Patient/';

/** The resource of a chart, canonical, with what it keeps of the records that lead to it. */
export function chartBody(body: string, id: string, charts: Charts): string {
  const resource = parseJson(body) as JsonObject;
  const isPatient = resource['resourceType'] === 'Patient';
  return canonicalJson(
    isPatient ? chartPatient(resource, id, charts) : withKept(resource, charts.mergedInto(id)),
  );
}

/** As its own record says, with the identifiers and labels of those that lead to it, and what it lacks of them. */
function withKept(resource: JsonObject, merged: readonly Charted[]): JsonObject {
  const lacked = Object.assign({}, ...merged.map(({ elements }) => elements ?? {}).toReversed());
  const { identifier, meta, ...rest } = { ...(lacked as JsonObject), ...resource };
  const all = distinct([...items(identifier), ...merged.flatMap((one) => one.identifiers)]);
  return {
    ...rest,
    ...labelled(
      meta,
      merged.flatMap((one) => one.security),
    ),
    ...(all.length > 0 && { identifier: all }),
  };
}

/**
 * A resource with its references (`references`: all that its canonical body has) led to the charts of
 * what they refer to. Undefined: none leads elsewhere.
 */
export function resolved(
  body: string,
  references: readonly string[],
  charts: Charts,
): string | undefined {
  let text = body;
  for (const reference of references) {
    const chart = charts.resolve(reference);
    if (chart === reference) continue;
    text = text.replaceAll(`"reference":"${reference}"`, `"reference":"${chart}"`);
  }
  return text === body ? undefined : text;
}

/**
 * The Patient of a chart: as its own record says, with the identifiers of the records that
 * lead to it and a `Patient.link` (FHIR R4) to each. What the source says of links within one person
 * is told by these, and a record that another one replaced there is the chart of both now.
 */
function chartPatient(patientBody: JsonObject, id: string, charts: Charts): JsonObject {
  const merged = charts.mergedInto(id);
  const isWithin = (link: JsonObject): boolean =>
    charts.resolve(referenceIn(link)) === patient + id;
  const told = items(patientBody['link']);
  const links = [
    ...told.filter((link) => !isWithin(link)).map((link) => led(link, charts)),
    ...merged.map(linkTo),
  ];
  const identifiers = distinct([
    ...items(patientBody['identifier']),
    ...merged.flatMap((one) => one.identifiers),
  ]);
  const { link: _, identifier: __, active, meta, ...rest } = patientBody;
  const labels = merged.flatMap((one) => one.security);
  const replaced = told.some((link) => isWithin(link) && link['type'] === 'replaced-by');
  return {
    ...rest,
    ...(active !== undefined && { active: replaced ? true : active }),
    ...labelled(meta, labels),
    ...(identifiers.length > 0 && { identifier: identifiers }),
    ...(links.length > 0 && {
      link: [...new Map(links.map((one) => [canonicalJson(one), one])).values()],
    }),
  };
}

/**
 * A chart without what was added to it, canonical: where it is as it was left, as it was before; else without
 * the identifiers, links and labels that it gained, whatever else of it changed since.
 *
 * @param added the newest first
 */
export function withoutAdded(
  body: string,
  added: readonly { before: string; after: string }[],
): string {
  return added.reduce(
    (now, { before, after }) => (now === after ? before : withoutGained(now, before, after)),
    body,
  );
}

function withoutGained(now: string, before: string, after: string): string {
  const [chart, former, later] = [now, before, after].map((one) => parseJson(one) as JsonObject);
  const { identifier: _, link: __, meta, ...rest } = chart as JsonObject;
  const left = (of: (one: JsonObject) => Json | undefined): Json[] | undefined => {
    const had = new Set(items(of(former as JsonObject)).map(canonicalJson));
    const gained = items(of(later as JsonObject)).map(canonicalJson);
    const lost = new Set(gained.filter((one) => !had.has(one)));
    const kept = items(of(chart as JsonObject)).filter((one) => !lost.has(canonicalJson(one)));
    return kept.length === 0 ? undefined : kept;
  };
  const identifiers = left((one) => one['identifier']);
  const links = left((one) => one['link']);
  const security = left(({ meta: own }) => (isJsonObject(own) ? own['security'] : undefined));
  const { security: ___, ...about } = isJsonObject(meta) ? meta : {};
  const labelledMeta = { ...about, ...(security && { security }) };
  return canonicalJson({
    ...rest,
    ...(identifiers && { identifier: identifiers }),
    ...(links && { link: links }),
    ...(Object.keys(labelledMeta).length > 0 && { meta: labelledMeta }),
  });
}

/**
 * What stands in the place of a Patient that an earlier run wrote and that leads to a chart now, canonical:
 * out of use, replaced by the chart (FHIR R4, Patient.link). Its numbers are found on the chart alone; what is
 * nobody's to read any more is not in it, and its labels stay.
 */
export function replacedPatient(body: string, id: string, chart: string): string {
  const { meta } = parseJson(body) as JsonObject;
  const security = isJsonObject(meta) ? items(meta['security']) : [];
  return canonicalJson({
    active: false,
    id,
    link: [{ other: { reference: `${patient}${chart}` }, type: 'replaced-by' }],
    ...(security.length > 0 && { meta: { security } }),
    resourceType: 'Patient',
  });
}

/** `meta` with the labels of others beside its own. */
function labelled(meta: Json | undefined, labels: readonly Json[]): JsonObject {
  if (labels.length === 0) return meta === undefined ? {} : { meta };
  const own = isJsonObject(meta) ? meta : {};
  const all = [...items(own['security']), ...labels].map((one) => canonicalJson(one));
  return { meta: { ...own, security: [...new Set(all)].map((one) => parseJson(one)) } };
}

/** A reference by identifier: the merged record has no Patient of its own to lead to. */
function linkTo({ record, identifiers }: Charted): JsonObject {
  const first = identifiers.find(
    (one) => isJsonObject(one) && one['system'] !== undefined && one['value'] !== undefined,
  ) as JsonObject | undefined;
  const identifier: JsonObject =
    first === undefined
      ? { system: recordSystem, value: record }
      : { system: first['system'] as Json, value: first['value'] as Json };
  return { other: { identifier, type: 'Patient' }, type: 'replaces' };
}

function led(link: JsonObject, charts: Charts): JsonObject {
  const { other } = link;
  if (!isJsonObject(other) || referenceIn(link) === '') return link;
  return { ...link, other: { ...other, reference: charts.resolve(referenceIn(link)) } };
}

function referenceIn({ other }: JsonObject): string {
  const reference = isJsonObject(other) ? other['reference'] : undefined;
  return typeof reference === 'string' ? reference : '';
}

/** Each once, the first of those that name one number of one system. */
export function distinct(identifiers: readonly Json[]): Json[] {
  const seen = new Set<string>();
  return identifiers.filter((one) => {
    const name = isJsonObject(one)
      ? canonicalJson([one['system'] ?? null, one['value'] ?? null])
      : canonicalJson(one);
    return !seen.has(name) && seen.add(name);
  });
}

function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}
