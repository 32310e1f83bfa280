import { HandoverError } from '../../base/errors.ts';
import type { ConnectorServices } from '../../model/connector.ts';
import type {
  GivenIds,
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  TargetNeeds,
  TargetProblem,
  Write,
} from '../../model/target.ts';
import { resourceIn, unreadable } from './answers.ts';
import { authorizationOf } from './authorization.ts';
import { readCapability, requireIds, type ServerCapability } from './capability.ts';
import { FhirClient } from './client.ts';
import { effectTags, writeHeaders, type FhirConfiguration } from './configuration.ts';
import { judgeCapability } from './judgement.ts';
import { Lately } from './lately.ts';
import type { PlainWrite } from './orders.ts';
import { OwnMark } from './ownMark.ts';
import { Reader } from './reader.ts';
import { readServerType, scanServer, type ScannerParts } from './scanner.ts';
import { ServerIds } from './serverIds.ts';
import { tagOf } from './storedForm.ts';
import { Writer } from './writer.ts';

/** Larger answers are not read: as many resources of a megabyte as a default Bundle has entries. */
const answerBytes = 128 * 1024 * 1024;
const bundleBytes = 4 * 1024 * 1024;

/** What exists while the target is open. */
interface Opened {
  reader: Reader;
  lately: Lately;
  writer: Writer;
  scanner: ScannerParts;
}

/**
 * Any FHIR R4 server behind the Target seam. `open` reads its CapabilityStatement, which decides how
 * it is written to. Above the seam ids are ours; where the server gives its own, they are exchanged
 * here.
 */
export class FhirTarget implements Target {
  readonly #configuration: FhirConfiguration;
  readonly #services: ConnectorServices;
  #opened: Opened | undefined;

  constructor(configuration: FhirConfiguration, services: ConnectorServices) {
    this.#configuration = configuration;
    this.#services = services;
  }

  /** @throws HandoverError as {@link open} does, but for the ids: they are judged by the type. */
  async judge(needs: TargetNeeds, signal: AbortSignal): Promise<readonly TargetProblem[]> {
    const { capability } = await this.#introduce(signal);
    return judgeCapability(capability, this.#configuration.ids, needs);
  }

  /**
   * @throws HandoverError `target-unavailable` (transient), `target-denied`, `target-redirects`,
   * `target-not-r4`, `target-assigns-ids`.
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#opened !== undefined) return;
    const { client, capability } = await this.#introduce(signal);
    if (this.#configuration.ids !== 'server') requireIds(capability);
    this.#opened = this.#parts(client, capability);
  }

  /** What the server says of itself, and a client to it. */
  async #introduce(
    signal: AbortSignal,
  ): Promise<{ client: FhirClient; capability: ServerCapability }> {
    const { clock, random } = this.#services;
    const { url: base, headers, connections, timeoutSeconds, ids } = this.#configuration;
    const timeoutMs = timeoutSeconds * 1000;
    const authorization = authorizationOf(this.#configuration, { clock, random, timeoutMs });
    const options = { base, authorization, headers, connections, timeoutMs, answerBytes };
    const client = new FhirClient({ ...options, clock, random });
    const reply = await client.ask({ method: 'GET', at: 'metadata' }, signal);
    const statement = resourceIn(reply, 'CapabilityStatement');
    if (statement === undefined) throw unreadable('CapabilityStatement');
    return { client, capability: readCapability(statement, ids) };
  }

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    signal.throwIfAborted();
    return this.#use.writer.write(batch.map(byNewVersion), signal);
  }

  async fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    const { reader, lately } = this.#use;
    const seen = await reader.read(ids, signal);
    if (want === 'body') lately.remember(seen);
    return seen.map(({ versionId: _version, bareDigest: _bare, unlinked, ...stored }): Stored => {
      if (stored.state === 'absent' && unlinked === true) return { ...stored, partly: true };
      if (want === 'body' || stored.state !== 'present') return stored;
      const { body: _body, ...head } = stored;
      return head;
    });
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return scanServer(this.#use.scanner, after, signal);
  }

  everything(
    type: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<StoredBatch> {
    return readServerType(this.#use.scanner, type, after, signal);
  }

  async close(): Promise<void> {
    this.#opened = undefined;
  }

  #parts(client: FhirClient, capability: ServerCapability): Opened {
    const { ours, entries, bundles, ids, sideEffects } = this.#configuration;
    const digest = (data: Uint8Array): string => this.#services.digest(data);
    const own = typeof ours === 'string' ? [] : [ours.tag];
    const tags = [...new Set([...own, ...effectTags(sideEffects)])].map(tagOf);
    const mark = new OwnMark(
      this.#services.secret('fhir mark'),
      (type) => capability.types.get(type)?.identifiable === true,
    );
    const serverIds = ids === 'server' ? new ServerIds(this.#keptIds()) : undefined;
    const shared = { client, capability, entries, tags, mark, serverIds, digest };
    const reader = new Reader(shared);
    const lately = new Lately(this.#services.clock);
    const writer = new Writer({
      ...shared,
      reader,
      lately,
      bundles: strongest(bundles, capability),
      bundleBytes,
      headers: writeHeaders(sideEffects),
    });
    return { reader, lately, writer, scanner: { ...shared, reader, ours } };
  }

  #keptIds(): GivenIds {
    const kept = this.#services.givenIds?.(this.#services.name ?? '');
    if (kept !== undefined) return kept;
    throw new HandoverError('ids-unkept', 'there is no place to keep the ids that a target gives', {
      next: 'This is a defect of Handover: please report it.',
    });
  }

  get #use(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new HandoverError('target-closed', 'the target is used before open or after close', {
      next: 'This is a defect of Handover: please report it.',
    });
  }
}

/** The strongest kind of Bundle that is wanted and that the server has. */
function strongest(
  wanted: FhirConfiguration['bundles'],
  { transaction, batch }: ServerCapability,
): FhirConfiguration['bundles'] {
  if (wanted === 'transaction' && transaction) return 'transaction';
  return wanted !== 'none' && batch ? 'batch' : 'none';
}

/** FHIR knows no way back but onward: what stood there is written again, or ours is removed. */
function byNewVersion(write: Write): PlainWrite {
  if (write.kind !== 'revert') return write;
  const { type, id, ifVersion, before } = write;
  return before === undefined
    ? { kind: 'remove', type, id, ifVersion }
    : { kind: 'put', type, id, ifVersion, body: before };
}
