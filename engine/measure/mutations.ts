import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { baseDefinitions } from '../src/quality/validator/definitions/base.ts';
import { loadPackage } from '../src/quality/validator/definitions/package.ts';
import { Definitions } from '../src/quality/validator/definitions/store.ts';
import { Validator } from '../src/quality/validator/validator.ts';
import type { Candidate, Example, FaultKind } from './mutationFaults.ts';
import { invariantFaults } from './mutationInvariants.ts';
import {
  bindingFaults,
  cardinalityFaults,
  fixedFaults,
  referenceFaults,
  slicingFaults,
} from './mutationProfiles.ts';
import { primitiveFaults, structureFaults } from './mutationShapes.ts';

/** How many faults of each kind are planted. */
const wanted: Readonly<Record<FaultKind, number>> = {
  structure: 10,
  primitive: 8,
  cardinality: 14,
  binding: 7,
  invariant: 11,
  slicing: 7,
  fixed: 3,
  reference: 4,
};

interface Miss {
  cause: string;
  example: string;
  fault: string;
}

export interface MutationsMeasure {
  planted: number;
  caught: number;
  byKind: { kind: FaultKind; candidates: number; planted: number; caught: number }[];
  misses: Miss[];
}

/**
 * Single faults planted in US Core resources, each of which was valid against its profile before.
 * @param dataDirectory with examples, JSON
 * @param packages folder of `.tgz` packages
 * @param all plant every candidate there is, not 64 of them
 */
export function measureMutations(
  dataDirectory: string,
  packages: string,
  all = false,
): MutationsMeasure {
  const definitions = new Definitions(baseDefinitions());
  for (const name of readdirSync(packages)
    .filter((each) => each.endsWith('.tgz'))
    .toSorted()) {
    loadPackage(readFileSync(path.join(packages, name)), definitions);
  }
  const validator = new Validator(definitions);
  const errors = ({ resource, profiles }: Example): number =>
    validator.judge(resource, { profiles }).filter(({ severity }) => severity === 'error').length;
  const valid = examplesOf(dataDirectory, definitions).filter((example) => errors(example) === 0);
  const candidates = valid.flatMap((example) => candidatesOf(example, definitions));
  const misses: Miss[] = [];
  const byKind = (Object.keys(wanted) as FaultKind[]).map((kind) => {
    const own = candidates.filter((each) => each.kind === kind);
    const chosen = all ? own : spread(own, wanted[kind]);
    let caught = 0;
    for (const { example, resource, fault } of chosen) {
      if (errors({ ...example, resource }) > 0) caught++;
      else misses.push({ cause: kind, example: example.name, fault });
    }
    return { kind, candidates: own.length, planted: chosen.length, caught };
  });
  const total = (count: (each: (typeof byKind)[number]) => number): number =>
    byKind.reduce((sum, each) => sum + count(each), 0);
  return {
    planted: total(({ planted }) => planted),
    caught: total(({ caught }) => caught),
    byKind,
    misses,
  };
}

/** Examples whose profiles are loaded, in whatever version; they are judged by those. */
function examplesOf(folder: string, definitions: Definitions): Example[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .flatMap((name) => {
      const resource = JSON.parse(
        readFileSync(path.join(folder, name), 'utf8'),
      ) as Example['resource'];
      const meta = resource['meta'] as { profile?: string[] } | undefined;
      const profiles = (meta?.profile ?? []).map((each) => each.split('|')[0] as string);
      const known = profiles.filter((each) => definitions.structure(each) !== undefined);
      if (known.length === 0) return [];
      return [
        { name, resource: { ...resource, meta: { ...meta, profile: known } }, profiles: known },
      ];
    });
}

/** As many as are wanted, of as many kinds of fault and types of resource as there are. */
function spread(candidates: readonly Candidate[], count: number): Candidate[] {
  const chosen: Candidate[] = [];
  const used = new Map<string, number>();
  const open = [...candidates];
  while (chosen.length < count && open.length > 0) {
    const cost = ({ fault, example }: Candidate): number =>
      4 * (used.get(fault) ?? 0) + (used.get(String(example.resource['resourceType'])) ?? 0);
    let best = 0;
    for (let at = 1; at < open.length; at++) {
      if (cost(open[at] as Candidate) < cost(open[best] as Candidate)) best = at;
    }
    const [next] = open.splice(best, 1) as [Candidate];
    chosen.push(next);
    for (const key of [next.fault, String(next.example.resource['resourceType'])]) {
      used.set(key, (used.get(key) ?? 0) + 1);
    }
  }
  return chosen;
}

/** Everything that can be broken in an example, one thing at a time. */
function candidatesOf(example: Example, definitions: Definitions): Candidate[] {
  const type = String(example.resource['resourceType']);
  const base = definitions.type(type)?.snapshot ?? [];
  const own = example.profiles.flatMap((each) => definitions.structure(each)?.snapshot ?? []);
  return [
    ...structureFaults(example, base),
    ...primitiveFaults(example, base),
    ...cardinalityFaults(example, own),
    ...bindingFaults(example, own, definitions),
    ...invariantFaults(example),
    ...slicingFaults(example, own, definitions),
    ...fixedFaults(example, own),
    ...referenceFaults(example, own, definitions),
  ];
}
