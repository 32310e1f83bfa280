import { sha256Hex } from '../../base/digest.ts';
import type { DocumentLandings } from '../../mapping/compile.ts';
import type { CompiledFacts } from '../../mapping/facts/evaluate.ts';
import { openRecordFields } from '../../mapping/facts/recordFields.ts';
import type { RecordText } from '../../mapping/folds.ts';
import { landedNames } from '../../mapping/landing/documentDrafts.ts';
import { documentPart, type DocumentPart } from '../../mapping/landing/part.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Identities } from '../../mapping/reference.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { Stream } from '../../model/stream.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { ScopeJudge } from '../scope.ts';
import type { ScopeRule } from './scope.ts';

type Judges = ReadonlyMap<string, ScopeJudge>;

/** Domains of which everything that moves lands as documents; `judges` are asked once there are some. */
export function documentLandings(
  rules: readonly ScopeRule[],
  judges: () => Judges,
): DocumentLandings {
  const moving = rules.filter(({ lands }) => lands !== 'not moved');
  const other = new Set(
    moving.flatMap(({ domain, lands }) => (lands === 'document' ? [] : domain)),
  );
  const landing = moving.filter(({ domain }) => !other.has(domain));
  return {
    domains: new Map(landing.map(({ domain, documents }) => [domain, documents])),
    includes: (stream, record) =>
      judges().get(stream)?.judge(batchOfOne(record)).left.has(0) !== true,
  };
}

function batchOfOne({ bytes, mediaType }: RecordText): RecordBatch {
  const offsets = Uint32Array.of(0, bytes.length);
  return { stream: '', mediaType, bytes, offsets, keys: [''], cursor: '' };
}

export function landsInDocuments({ resources }: CompiledMapping): boolean {
  return resources.includes(landedNames.items);
}

/** What the plan says of documents, and how ids are made. */
export interface LandedPlan extends Identities, Pick<DocumentLandings, 'domains'> {
  settings: ReadonlyMap<string, SourceSettings>;
}

/** Facts of streams that land as documents are looked for in these. */
export function landedFacts(
  facts: ReadonlyMap<string, CompiledFacts>,
  mappings: ReadonlyMap<string, CompiledMapping>,
  streams: readonly Stream[],
  { domains, settings, ...identities }: LandedPlan,
): ReadonlyMap<string, CompiledFacts> {
  const landed = [...facts].map(([name, one]) => {
    const mapping = mappings.get(name);
    const scope = mapping?.scope;
    const stream = streams.find((each) => each.name === name);
    const lands = mapping !== undefined && landsInDocuments(mapping);
    if (stream === undefined || scope?.patient === undefined || !lands) return [name, one] as const;
    const by = domains.get(scope.domain) ?? 'patient';
    const part = documentPart(stream, scope, by, settings.get(name.split('.', 1)[0] ?? '') ?? {});
    const apart = { patient: scope.patient, part, name: `${scope.patient} ${by}` };
    return [name, factsInDocuments(one, stream, apart, identities)] as const;
  });
  return new Map(landed);
}

/**
 * The same facts, and in which document what they are about has to be found: `FactBatch.within`. The patient's
 * key is taken from the record's bytes, as facts read them.
 */
function factsInDocuments(
  facts: CompiledFacts,
  stream: Stream,
  { patient, part, name }: { patient: string; part: DocumentPart | undefined; name: string },
  identities: Identities,
): CompiledFacts {
  const column = stream.columns.findIndex((one) => one.name === patient);
  return {
    ...facts,
    digest: sha256Hex(`${facts.digest} in documents by ${name}`),
    read(batch, related) {
      const fields = openRecordFields(batch.mediaType, stream.columns.length);
      const within = batch.keys.map((_, ordinal) => {
        const bytes = itemAt(batch, ordinal);
        const parts = fields.split(bytes);
        const key = typeof parts === 'string' ? undefined : fields.unescape(parts[column] ?? '');
        if (!key) return '';
        const own = part?.({ bytes, mediaType: batch.mediaType });
        const document = own === undefined ? key : `${key}${keySeparator}${own}`;
        return identities.stableId(identities.identify(stream.name, document), landedNames.items);
      });
      return { ...facts.read(batch, related), within };
    },
  };
}
