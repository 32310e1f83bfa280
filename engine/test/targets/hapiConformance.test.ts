import { test } from 'node:test';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { canonicalJson, isJsonObject, parseJson, type JsonObject } from '../../src/base/json.ts';
import { targetConformance } from '../../src/connectors/conformance/target.ts';
import { fhirConnector } from '../../src/connectors/fhir/connector.ts';
import { memoryIds, targetOn, testServices } from '../../src/connectors/fhir/testing.ts';
import type { Stored, Target } from '../../src/model/target.ts';
import { hapiMissing, startHapi } from './hapi.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));

/** The suite on a server that nobody here wrote and that gives ids of its own. */
if (hapiMissing !== undefined) {
  test('target conformance: fhir, ids: server, HAPI FHIR', { skip: hapiMissing }, () => undefined);
} else {
  targetConformance('fhir, ids: server, HAPI FHIR', async () => {
    const hapi = await startHapi('server');
    const services = { ...testServices, digest, givenIds: memoryIds() };
    const target = await targetOn(hapi, { ids: 'server' }, services);
    return {
      target: withoutSource(target),
      capabilities: fhirConnector.target!.capabilities,
      digest,
      onlyFhir: true,
      dispose: () => hapi.close(),
    };
  });
}

/** HAPI adds `meta.source`, as it may (verification/serverManaged.ts): read back without it. */
function withoutSource(target: Target): Target {
  return {
    open: (signal) => target.open(signal),
    close: () => target.close(),
    write: (batch, signal) => target.write(batch, signal),
    scan: (after, signal) => target.scan(after, signal),
    fetch: async (ids, want, signal) => {
      const stored = await target.fetch(ids, 'body', signal);
      return stored.map((one) => (one.state === 'present' ? plain(one, want) : one));
    },
  };
}

function plain({ body, ...stored }: Stored & { state: 'present' }, want: 'head' | 'body'): Stored {
  const { meta, ...rest } = parseJson(String(body)) as JsonObject;
  const { source: _source, ...kept } = isJsonObject(meta) ? meta : {};
  const resource = Object.keys(kept).length > 0 ? { ...rest, meta: kept } : rest;
  const own = Buffer.from(canonicalJson(resource));
  return { ...stored, digest: digest(own), ...(want === 'body' && { body: own }) };
}
