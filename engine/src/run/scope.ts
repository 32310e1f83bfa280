import { sha256Hex } from '../base/digest.ts';
import { canonicalJson, isJsonObject, parseJson, type JsonObject } from '../base/json.ts';
import { dateReader, type DateReader } from '../mapping/facts/dates.ts';
import type { CompiledFacts } from '../mapping/facts/evaluate.ts';
import { openRecordFields } from '../mapping/facts/recordFields.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import type { ScopeDeclaration } from '../mapping/scopeSource.ts';
import type { Draft, RecordOutcome } from '../model/draft.ts';
import type { FactBatch } from '../model/fact.ts';
import type { RecordBatch } from '../model/record.ts';
import type { SourceSettings } from '../model/sourceSettings.ts';
import type { Stream } from '../model/stream.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { ScopeRule } from './plan/scope.ts';
import { giveOutcomes } from './repeatedKeys.ts';

/** Which records of a stream stay behind. It reads their bytes as facts do, and no mapping. */
export interface ScopeJudge {
  /** All that decides the answers. */
  digest: string;
  /**
   * By ordinal, those that stay behind with the rule, and those that land otherwise than the rest; and
   * how many records each was asked of.
   */
  judge(batch: RecordBatch): {
    left: ReadonlyMap<number, string>;
    landings: ReadonlyMap<number, Landing>;
    tally: Tally;
  };
}

type Landing = ScopeRule['lands'];

/** Counts of a batch, by `scope RULE` and `undated RULE`. */
export type Tally = ReadonlyMap<string, number>;

/** The judge of a domain's stream. */
export function scopeJudge(
  stream: Stream,
  { date, site, specialty }: ScopeDeclaration,
  rules: readonly ScopeRule[],
  settings: SourceSettings,
): ScopeJudge {
  const place = (name: string | undefined): number =>
    stream.columns.findIndex((column) => column.name === name);
  const places = { date: place(date?.column), site: place(site), specialty: place(specialty) };
  const readDay = date && dayReader(date.pattern, settings);
  const judge = (batch: RecordBatch): ReturnType<ScopeJudge['judge']> => {
    const fields = openRecordFields(batch.mediaType, stream.columns.length);
    const left = new Map<number, string>();
    const landings = new Map<number, Landing>();
    const tally = new Map<string, number>();
    const count = (name: string): unknown => tally.set(name, (tally.get(name) ?? 0) + 1);
    for (let ordinal = 0; ordinal < batch.keys.length; ordinal++) {
      const parts = fields.split(itemAt(batch, ordinal));
      if (typeof parts === 'string') continue;
      const text = (at: number): string => fields.unescape(parts[at] ?? '')?.trim() ?? '';
      const rule = rules.find((one) => holds(one, text(places.site), text(places.specialty)));
      if (rule === undefined) continue;
      count(`scope ${rule.name}`);
      const day = readDay && rule.from !== undefined ? dayOf(readDay, text(places.date)) : '';
      if (day === undefined) count(`undated ${rule.name}`);
      const late = rule.from !== undefined && day !== undefined && isBefore(day, rule.from);
      if (late || rule.lands === 'not moved') {
        left.set(ordinal, rule.name);
      } else if (rule.lands !== 'discrete') landings.set(ordinal, rule.lands);
    }
    return { left, landings, tally };
  };
  return { digest: sha256Hex(JSON.stringify([date, site, specialty, rules])), judge };
}

function holds({ site, specialty }: ScopeRule, ofSite: string, ofSpecialty: string): boolean {
  return (site?.includes(ofSite) ?? true) && (specialty?.includes(ofSpecialty) ?? true);
}

/** @throws RangeError when the pattern is not one: a plan is judged before it runs. */
export function dayReader(pattern: string, settings: SourceSettings): DateReader {
  const { centuryPivot: pivot } = settings;
  const reader = dateReader({ pattern, pivot, zone: undefined, clockChange: undefined }, 'date');
  if (reader === undefined) throw new RangeError(`"${pattern}" is no date pattern`);
  return reader;
}

/** `undefined`: the record has no date that can be read, and so no age. */
function dayOf(read: DateReader, text: string): string | undefined {
  const reading = text === '' ? undefined : read(text);
  return reading === undefined || 'code' in reading ? undefined : reading.value;
}

/** A date that is a month or a year is before a day only when all of it is. */
function isBefore(date: string, day: string): boolean {
  return date < day.slice(0, date.length);
}

/**
 * The same mapping, of whose records some stay behind: they are excluded, by the rule. What others become
 * is marked for reconciliation, or for the archive.
 */
export function mappingInScope(mapping: CompiledMapping, scope: ScopeJudge): CompiledMapping {
  const within = (mapped: PackedMappedBatch, batch: RecordBatch): PackedMappedBatch => {
    const { left, landings, tally } = scope.judge(batch);
    const changed = new Map<number, RecordOutcome>();
    for (const [ordinal, rule] of left) {
      if (mapped.outcomes[ordinal]?.state === 'excluded') continue;
      changed.set(ordinal, { state: 'excluded', reason: 'out-of-scope', path: rule });
    }
    return { ...landed(giveOutcomes(mapped, changed), landings), tally };
  };
  return {
    ...mapping,
    digest: sha256Hex(`${mapping.digest} ${scope.digest}`),
    map: (batch) => within(mapping.map(batch), batch),
    mapRelated(batch, related) {
      const mapped = mapping.mapRelated(batch, related);
      return 'wanted' in mapped ? mapped : within(mapped, batch);
    },
  };
}

/** A draft lands as the first record that it came from. */
function landed(
  mapped: PackedMappedBatch,
  landings: ReadonlyMap<number, Landing>,
): PackedMappedBatch {
  if (landings.size === 0) return mapped;
  const landingOf = ({ from }: Draft): Landing | undefined => landings.get(from[0] ?? -1);
  const bodies: Buffer[] = [];
  const drafts = mapped.drafts.map((draft, at): Draft => {
    const landing = landingOf(draft);
    const reconciled = landing === 'discrete-to-reconcile' && !unreconciled.has(draft.type);
    const body = reconciled ? toReconcile(draft.body) : undefined;
    bodies.push(body === undefined ? itemAt(mapped.bodies, at) : Buffer.from(body));
    const { type, id, from, references, objects } = draft;
    const plain = { type, id, from, references, ...(objects && { objects }) };
    if (body !== undefined) return { ...plain, body };
    return landing === 'archive' ? { ...plain, body: draft.body, archived: true } : draft;
  });
  return { ...mapped, drafts, bodies: packItems(bodies) };
}

/** What no clinician looks at apart from the resource that it belongs to. */
const unreconciled: ReadonlySet<string> = new Set(['Binary', 'Provenance']);

/** Finds at the target what a clinician has still to reconcile: `_tag=urn:handover:landing|to-reconcile`. */
const reconcileTag = { system: 'urn:handover:landing', code: 'to-reconcile' };

function toReconcile(body: string): string {
  const resource = parseJson(body) as JsonObject;
  const meta = isJsonObject(resource['meta']) ? resource['meta'] : {};
  const tags = Array.isArray(meta['tag']) ? meta['tag'] : [];
  return canonicalJson({ ...resource, meta: { ...meta, tag: [...tags, reconcileTag] } });
}

/** The same facts; of a record that stays behind they say that nothing of it may be at the target. */
export function factsInScope(facts: CompiledFacts, scope: ScopeJudge): CompiledFacts {
  return {
    ...facts,
    digest: sha256Hex(`${facts.digest} ${scope.digest}`),
    read(batch, related) {
      const { left } = scope.judge(batch);
      const read = facts.read(batch, related);
      return left.size === 0 ? read : withoutLeft(read, left);
    },
  };
}

/** The same, and of what stays behind only that nothing of it may be at the target. */
export function withoutLeft(
  { facts, absent, unreadable }: FactBatch,
  left: ReadonlyMap<number, unknown>,
): FactBatch {
  const gone = new Map<string, FactBatch['absent'][number]>();
  for (const { ordinal, type, id, subject } of facts) {
    if (left.has(ordinal)) gone.set(`${type}/${id}`, { ordinal, type, id, subject });
  }
  return {
    facts: facts.filter(({ ordinal }) => !left.has(ordinal)),
    absent: [...absent, ...gone.values()],
    unreadable: unreadable.filter(({ ordinal }) => !left.has(ordinal)),
  };
}
