import { sha256Hex } from '../base/digest.ts';
import { dateReader, type DateReader } from '../mapping/facts/dates.ts';
import type { CompiledFacts } from '../mapping/facts/evaluate.ts';
import { openRecordFields } from '../mapping/facts/recordFields.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import type { ScopeDeclaration } from '../mapping/scopeSource.ts';
import type { RecordOutcome } from '../model/draft.ts';
import type { FactBatch } from '../model/fact.ts';
import type { RecordBatch } from '../model/record.ts';
import type { SourceSettings } from '../model/sourceSettings.ts';
import type { Stream } from '../model/stream.ts';
import { itemAt } from '../staging/packedItems.ts';
import type { ScopeRule } from './plan/scope.ts';
import { giveOutcomes } from './repeatedKeys.ts';

/** Which records of a stream stay behind. It reads their bytes as facts do, and no mapping. */
export interface ScopeJudge {
  /** All that decides the answers. */
  digest: string;
  /** By ordinal, those that stay behind with the rule; and how many records each was asked of. */
  judge(batch: RecordBatch): { left: ReadonlyMap<number, string>; tally: Tally };
}

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
      }
    }
    return { left, tally };
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

/** The same mapping, of whose records some stay behind: they are excluded, by the rule. */
export function mappingInScope(mapping: CompiledMapping, scope: ScopeJudge): CompiledMapping {
  const within = (mapped: PackedMappedBatch, batch: RecordBatch): PackedMappedBatch => {
    const { left, tally } = scope.judge(batch);
    const changed = new Map<number, RecordOutcome>();
    for (const [ordinal, rule] of left) {
      if (mapped.outcomes[ordinal]?.state === 'excluded') continue;
      changed.set(ordinal, { state: 'excluded', reason: 'out-of-scope', path: rule });
    }
    return { ...giveOutcomes(mapped, changed), tally };
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
