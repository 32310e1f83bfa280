import { sha256Hex } from '../../../base/digest.ts';
import { isYamlScalar, yamlEntry } from '../../../base/locatedYaml.ts';
import type { YamlMap } from '../../../base/locatedYaml.ts';
import type { FactBatch } from '../../../model/fact.ts';
import type { RecordBatch } from '../../../model/record.ts';
import type { SourceSettings } from '../../../model/sourceSettings.ts';
import type { Stream } from '../../../model/stream.ts';
import type { CompiledFacts } from '../evaluate.ts';
import { ccdaFacts } from './ccda.ts';
import { hl7v2Facts } from './hl7v2.ts';
import { x12Facts } from './x12.ts';
import type { StandardFacts } from './standardFacts.ts';

const standards: ReadonlyMap<string, StandardFacts> = new Map(
  [hl7v2Facts, ccdaFacts, x12Facts].map((facts) => [facts.name, facts]),
);

interface Environment {
  streams: readonly Stream[];
  settings?: ReadonlyMap<string, SourceSettings>;
  identify(stream: string, key: string): Buffer;
  stableId(tag: Buffer, resource: string): string;
}

/** The facts of a mapping file that names a standard; what is wrong in it, the mapping tells. */
export function compileStandardFacts(root: YamlMap, environment: Environment): CompiledFacts[] {
  const named = yamlEntry(root, 'standard');
  const standard = named && isYamlScalar(named) ? standards.get(named.text) : undefined;
  const node = yamlEntry(root, 'stream');
  const items = node === undefined ? [] : node.kind === 'list' ? node.items : [node];
  if (standard === undefined) return [];
  return items.flatMap((item) => {
    const name = isYamlScalar(item) ? item.text : '';
    const known = environment.streams.some((each) => each.name === name);
    return known ? [factsOf(name, standard, environment)] : [];
  });
}

function factsOf(stream: string, standard: StandardFacts, environment: Environment): CompiledFacts {
  const [source = ''] = stream.split('.', 1);
  const settings = environment.settings?.get(source) ?? {};
  const known = new Map<string, string>();
  const identify = (type: string, key: string): string => {
    const name = `${type}|${key}`;
    let id = known.get(name);
    if (id === undefined) {
      id = environment.stableId(environment.identify(source, name), type);
      if (known.size >= remembered) known.clear();
      known.set(name, id);
    }
    return id;
  };
  const own = { identify, zone: settings.timeZone };
  return {
    stream,
    digest: sha256Hex(JSON.stringify([standard.name, standard.version, settings, stream])),
    declared: standard.declared,
    joins: [],
    tells: true,
    wanted: () => new Map(),
    read: (batch) => readBatch(batch, standard, own),
  };
}

const remembered = 100_000;

function readBatch(
  { bytes, offsets, keys }: RecordBatch,
  standard: StandardFacts,
  settings: Parameters<StandardFacts['read']>[1],
): FactBatch {
  const batch: FactBatch = { facts: [], absent: [], unreadable: [] };
  const moments: string[] = [];
  for (let ordinal = 0; ordinal < keys.length; ordinal++) {
    const record = bytes.subarray(offsets[ordinal], offsets[ordinal + 1]);
    const { moment, facts, unreadable } = standard.read(record, settings);
    moments.push(moment);
    for (const fact of facts) batch.facts.push({ ordinal, ...fact });
    for (const one of unreadable) batch.unreadable.push({ ordinal, ...one });
  }
  return { ...batch, moments };
}
