import { parseJson } from '../base/json.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { chartBody, replacedPatient, resolved, type Charts } from '../linkage/persons/charts.ts';
import { referencesIn } from '../mapping/telling.ts';
import { itemAt, packItems, type PackedItems } from '../staging/packedItems.ts';
import type { PackedDrafts } from './drafts.ts';
import type { Parcels } from './parcels.ts';

/**
 * The drafts of a mapped batch as they go to a target: as `link` resolved them, or, where it had nothing
 * to resolve, as they were mapped.
 */
export async function readLinkedDrafts(
  parcels: Parcels,
  key: BatchKey,
): Promise<PackedItems | undefined> {
  const mapped: BatchKey = { ...key, phase: 'map', target: '' };
  const linked = await parcels.read({ ...mapped, phase: 'link' }, 'drafts');
  return linked ?? parcels.read(mapped, 'drafts');
}

/** Drafts with their references led to charts. */
export interface LinkedDrafts {
  drafts: PackedDrafts;
  /** Drafts that say something else than they did. */
  changed: number;
  /** Ordinals, behind those that were mapped, of charts that come along beside their records' own. */
  beside: readonly number[];
}

/**
 * Lead what drafts refer to to the charts of its persons; records that lead to another one's chart are
 * marked as merged and left as they are, but for `held` ones, those that bring along the chart of an
 * earlier run, which become it, and those that an earlier run wrote, which are replaced by the chart. Charts
 * that come along beside a record's own Patient are drafts more, of the same record.
 * Undefined: nothing changes.
 */
export function linkDrafts(
  drafts: PackedDrafts,
  charts: Charts,
  held: ReadonlySet<number>,
): LinkedDrafts | undefined {
  const merged: number[] = [];
  const bodies = new Map<number, Buffer>();
  for (const [at, id] of drafts.ids.entries()) {
    const references = drafts.references[at] ?? [];
    if (charts.isMerged(id)) {
      const former = charts.formerBroughtBy(id);
      if (held.has(at)) continue;
      if (former === undefined && charts.isReplaced(id)) {
        const body = itemAt(drafts.bodies, at).toString('utf8');
        bodies.set(at, Buffer.from(replacedPatient(body, id, charts.chartOf(id))));
      } else if (former === undefined) merged.push(at);
      else bodies.set(at, Buffer.from(chartBody(former, charts.chartOf(id), charts)));
      continue;
    }
    const body = linkedBody(drafts, at, charts, references);
    if (body !== undefined) bodies.set(at, Buffer.from(body));
  }
  const brought = besideOf(drafts, charts, held);
  if (merged.length === 0 && bodies.size === 0 && brought.length === 0) return undefined;
  const { digests: _, ...rest } = drafts;
  // A record that brings along the chart of an earlier run becomes that chart.
  const ids = drafts.ids.map((id, at) => (bodies.has(at) ? leadId(drafts, at, charts) : id));
  const guards = ids.map((id, at) => guardsOf(drafts, at, id, charts));
  const linked: PackedDrafts = {
    ...rest,
    ids,
    references: drafts.references.map((own, at) => {
      const body = bodies.get(at);
      if (body === undefined) return own;
      const isOther =
        ids[at] !== drafts.ids[at] ||
        charts.isReplaced(drafts.ids[at] as string) ||
        charts.gainsElements(drafts.ids[at] as string);
      const all = isOther ? referencesIn(parseJson(body.toString('utf8'))) : own;
      return resolvedReferences(all, `${drafts.types[at]}/${ids[at]}`, charts);
    }),
    bodies: packItems(
      [...drafts.ids.keys()].map((at) => bodies.get(at) ?? itemAt(drafts.bodies, at)),
    ),
    ...(merged.length > 0 && { merged }),
    ...(guards.some((own) => own.length > 0) && { guards }),
    linked: true,
  };
  const beside = [...brought.keys()].map((at) => drafts.ids.length + at);
  return { drafts: withBeside(linked, brought), changed: bodies.size + brought.length, beside };
}

/** A chart that comes along with the draft at an ordinal. */
interface Beside {
  at: number;
  id: string;
  body: string;
  guards: readonly string[];
  references: readonly string[];
}

function besideOf(drafts: PackedDrafts, charts: Charts, held: ReadonlySet<number>): Beside[] {
  return drafts.ids.flatMap((record, at) => {
    if (held.has(at)) return [];
    return charts.broughtBesideOf(record).map(({ chart, former, guards }) => {
      const body = chartBody(former, chart, charts);
      const merged = charts.mergedInto(chart).flatMap((one) => one.guards);
      return {
        at,
        id: chart,
        body,
        guards: [...new Set([...guards, ...merged])].toSorted(),
        references: resolvedReferences(
          referencesIn(parseJson(body)),
          `${drafts.types[at]}/${chart}`,
          charts,
        ),
      };
    });
  });
}

function withBeside(drafts: PackedDrafts, brought: readonly Beside[]): PackedDrafts {
  if (brought.length === 0) return drafts;
  const { types, ids, from, references, targets, guards, objects, bodies } = drafts;
  const own = ids.map((_, at) => itemAt(bodies, at));
  const guarded = guards !== undefined || brought.some((one) => one.guards.length > 0);
  return {
    ...drafts,
    types: [...types, ...brought.map(({ at }) => types[at] as string)],
    ids: [...ids, ...brought.map(({ id }) => id)],
    from: [...from, ...brought.map(({ at }) => from[at] ?? [])],
    references: [...references, ...brought.map((one) => one.references)],
    ...(targets && { targets: [...targets, ...brought.map(({ at }) => targets[at] ?? [])] }),
    ...(guarded && {
      guards: [...(guards ?? ids.map(() => [])), ...brought.map((one) => one.guards)],
    }),
    ...(objects && { objects: [...objects, ...brought.map(() => [])] }),
    bodies: packItems([...own, ...brought.map(({ body }) => Buffer.from(body))]),
  };
}

function leadId({ ids }: PackedDrafts, at: number, charts: Charts): string {
  const id = ids[at] as string;
  return charts.isReplaced(id) ? id : charts.chartOf(id);
}

function linkedBody(
  { ids, bodies }: PackedDrafts,
  at: number,
  charts: Charts,
  references: readonly string[],
): string | undefined {
  const id = ids[at] as string;
  const leads = references.some((one) => charts.resolve(one) !== one);
  const isChart = charts.mergedInto(id).length > 0;
  if (!leads && !isChart) return undefined;
  const body = itemAt(bodies, at).toString('utf8');
  // Its links within the person go before what is left is led on.
  const own = isChart ? chartBody(body, id, charts) : body;
  const all = charts.gainsElements(id) ? referencesIn(parseJson(own)) : references;
  return resolved(own, all, charts) ?? own;
}

/** A chart is guarded by what guards any record of the person. */
function guardsOf(
  { guards }: PackedDrafts,
  at: number,
  id: string,
  charts: Charts,
): readonly string[] {
  const own = guards?.[at] ?? [];
  const merged = charts.mergedInto(id).flatMap((one) => one.guards);
  return merged.length === 0 ? own : [...new Set([...own, ...merged])].toSorted();
}

/** Without what a chart referred to of its own person. */
function resolvedReferences(
  references: readonly string[],
  self: string,
  charts: Charts,
): readonly string[] {
  const led = new Set(references.map((one) => charts.resolve(one)));
  led.delete(self);
  return [...led];
}
