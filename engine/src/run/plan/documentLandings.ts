import { sha256Hex } from '../../base/digest.ts';
import type { DocumentLandings } from '../../mapping/compile.ts';
import type { CompiledFacts } from '../../mapping/facts/evaluate.ts';
import { openRecordFields } from '../../mapping/facts/recordFields.ts';
import type { RecordText } from '../../mapping/folds.ts';
import { landedNames } from '../../mapping/landing/documentDrafts.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Identities } from '../../mapping/reference.ts';
import type { RecordBatch } from '../../model/record.ts';
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
  return {
    domains: new Set(moving.flatMap(({ domain }) => (other.has(domain) ? [] : domain))),
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

/** Facts of streams that land as documents are looked for in these. */
export function landedFacts(
  facts: ReadonlyMap<string, CompiledFacts>,
  mappings: ReadonlyMap<string, CompiledMapping>,
  streams: readonly Stream[],
  identities: Identities,
): ReadonlyMap<string, CompiledFacts> {
  const landed = [...facts].map(([name, one]) => {
    const mapping = mappings.get(name);
    const patient = mapping?.scope?.patient;
    const stream = streams.find((each) => each.name === name);
    const lands = mapping !== undefined && landsInDocuments(mapping);
    if (stream === undefined || patient === undefined || !lands) return [name, one] as const;
    return [name, factsInDocuments(one, stream, patient, identities)] as const;
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
  patient: string,
  identities: Identities,
): CompiledFacts {
  const column = stream.columns.findIndex(({ name }) => name === patient);
  return {
    ...facts,
    digest: sha256Hex(`${facts.digest} in documents by ${patient}`),
    read(batch, related) {
      const fields = openRecordFields(batch.mediaType, stream.columns.length);
      const within = batch.keys.map((_, ordinal) => {
        const parts = fields.split(itemAt(batch, ordinal));
        const key = typeof parts === 'string' ? undefined : fields.unescape(parts[column] ?? '');
        if (!key) return '';
        return identities.stableId(identities.identify(stream.name, key), landedNames.items);
      });
      return { ...facts.read(batch, related), within };
    },
  };
}
