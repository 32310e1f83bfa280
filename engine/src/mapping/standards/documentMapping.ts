import { HandoverError } from '../../base/errors.ts';
import { canonicalText, type Json } from '../../base/json.ts';
import { timeZone, type TimeZone } from '../../formats/zones.ts';
import type { Draft, MappedIssue, RecordOutcome } from '../../model/draft.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import { Memo } from '../memo.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapper.ts';
import { BodyPacker } from '../packing.ts';
import type { Identities } from '../reference.ts';
import { referencesIn, type TakenBack } from '../telling.ts';
import type { MappedDocument, Standard } from './standard.ts';

export interface DocumentMappingParts {
  stream: string;
  standard: Standard;
  /** Columns of the stream, all of which are read. */
  columns: readonly string[];
  settings: SourceSettings;
  digest: string;
}

/** How many keys of resources are remembered: patients and practitioners come again and again. */
const remembered = 100_000;

/**
 * The mapping of a stream of documents by a standard. Ids are of the source and not of the stream:
 * the patient of an admission is the patient of a result.
 */
export function createDocumentMapping(
  { stream, standard, columns, settings, digest }: DocumentMappingParts,
  identities: Identities,
): CompiledMapping {
  const [source = ''] = stream.split('.', 1);
  const ids = new Memo<string>(remembered);
  const identify = (key: string): string => {
    let id = ids.get(key);
    if (id === undefined) {
      id = identities.stableId(identities.identify(source, key), key.slice(0, key.indexOf('|')));
      ids.set(key, id);
    }
    return id;
  };
  const zone: TimeZone | undefined = settings.timeZone ? timeZone(settings.timeZone) : undefined;
  const read = (bytes: Buffer): MappedDocument => standard.map(bytes, { identify, zone });
  const map = (batch: RecordBatch): PackedMappedBatch => {
    if (batch.mediaType !== standard.mediaType) throw wrongStandard(stream, standard);
    return mapBatch(batch, standard.holding, read);
  };
  return {
    stream,
    lookup: false,
    digest,
    resources: standard.resources,
    columnsRead: columns,
    refersTo: [],
    scope: undefined,
    foldedInto: undefined,
    folds: [],
    joins: [],
    tells: true,
    map,
    mapRelated: map,
  };
}

function mapBatch(
  batch: RecordBatch,
  holding: ReadonlySet<string>,
  read: (bytes: Buffer) => MappedDocument,
): PackedMappedBatch {
  const bodies = new BodyPacker(batch.bytes.length * 4);
  const drafts: Draft[] = [];
  const outcomes: RecordOutcome[] = [];
  const issues: MappedIssue[] = [];
  const unread = new Map<string, number>();
  const moments: string[] = [];
  const own = new Set<string>();
  const takenBack = new Map<number, readonly TakenBack[]>();
  const { bytes, offsets, keys } = batch;
  for (let ordinal = 0; ordinal < keys.length; ordinal++) {
    const document = read(bytes.subarray(offsets[ordinal], offsets[ordinal + 1]));
    moments.push(document.moment);
    for (const path of document.unread) count(unread, path);
    const failure = document.refused ?? document.issues.find(({ code }) => holding.has(code));
    for (const { code, path } of document.issues) {
      const holds = holding.has(code);
      issues.push({ ordinal, severity: holds ? 'error' : 'warning', code, path });
      // It was read, and is not told as it stands: it is counted beside what was not read.
      if (!holds) count(unread, `${path} (${code})`);
    }
    if (failure !== undefined) {
      if (document.refused) issues.push({ ordinal, severity: 'error', ...document.refused });
      outcomes.push({ state: 'quarantined', reason: failure.code });
      continue;
    }
    if (document.resources.length === 0) {
      issues.push({ ordinal, severity: 'error', code: 'draft-none', path: '' });
      outcomes.push({ state: 'quarantined', reason: 'draft-none' });
      continue;
    }
    outcomes.push({ state: 'mapped' });
    for (const resource of document.resources) {
      const { resourceType: type, id } = resource;
      drafts.push(bodies.draft(0, type, id, [ordinal], referencesIn(resource as unknown as Json)));
      bodies.add(canonicalText(resource));
      const taken = document.takenBack?.get(resource);
      if (taken !== undefined) takenBack.set(drafts.length - 1, taken);
      if (document.isOwn(resource)) own.add(`${type}/${id}`);
    }
  }
  return {
    drafts,
    outcomes,
    issues,
    unread,
    bodies: bodies.finish(),
    contributions: [],
    told: { moments, own, takenBack },
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function wrongStandard(stream: string, { name }: Standard): HandoverError {
  const problem = `Records of ${stream} are not what the standard ${name} is for.`;
  const next = 'Name the standard that the kind of the source is of.';
  return new HandoverError('media-type-unsupported', problem, { next });
}
