import { basename } from 'node:path/posix';
import { sha256Hex } from '../../base/digest.ts';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { stableId } from '../../keys/stableId.ts';
import { compileMapping, type MappingEnvironment } from '../../mapping/compile.ts';
import { compileFacts, type FactEnvironment } from '../../mapping/facts/compile.ts';
import type { CompiledFacts } from '../../mapping/facts/evaluate.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Identities } from '../../mapping/reference.ts';
import type { ReceivablesWay } from '../../mapping/shape.ts';
import type { Problem } from '../../model/problem.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';
import type { Stream } from '../../model/stream.ts';
import type { Protection } from '../../privacy/protection/protection.ts';
import { readCodeMap, type CodeMap } from '../../terminology/codeMap.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import { factsInScope, mappingInScope, scopeJudge, type ScopeJudge } from '../scope.ts';
import { factsStaying, mappingBeside, mappingStaying } from '../staying.ts';
import { balanceProblems } from './balanceProblems.ts';
import type { CompiledPlan, MappingPlan } from './compile.ts';
import { documentLandings, landedFacts, landsInDocuments } from './documentLandings.ts';
import { loadFunctions } from './loadFunctions.ts';
import { planProtection } from './protection.ts';
import type { ProjectFile } from './read.ts';
import {
  filesUnder,
  receivablesOf,
  receivablesProblems,
  waysInUse,
  type FilesUnder,
} from './receivables.ts';
import { scopeRules } from './scope.ts';
import { balanceConstants } from './trialBalance.ts';
import { scopeProblems, type DomainMapping } from './scopeProblems.ts';

/** Mappings and facts by stream, compiled against the schema of the source. */
export interface CompiledStreams {
  mappings: ReadonlyMap<string, CompiledMapping>;
  facts: ReadonlyMap<string, CompiledFacts>;
}

/**
 * Compile mappings and facts with every problem at once; they share nothing but the streams. Files
 * that hold under another way of dealing with receivables are judged too, each among those that hold
 * with it; of streams that stay behind they say what must not be at the target.
 */
export function judgeStreams(
  plan: MappingPlan,
  streams: readonly Stream[],
  identities: Identities,
  way: ReceivablesWay = receivablesOf(plan.project.document).way,
): CompiledStreams & { problems: readonly Problem[] } {
  const { files } = plan.project;
  const { codeMaps, problems } = readCodeMaps(files.codeMaps);
  const { functions, problems: unloaded } = loadFunctions(files.functions);
  const settings = new Map([...plan.sources].map(([name, source]) => [name, source.settings]));
  const constants = balanceConstants(plan.project.document.trialBalance);
  // Who judges is known once the mappings are: nobody has asked by then.
  let judges = noJudges;
  const rules = scopeRules(plan.project.document.scope);
  const documents = documentLandings(rules, () => judges);
  const compiling = { streams, codeMaps, functions, concepts, settings, constants, documents };
  const environment = { ...compiling, ...identities };
  const ways = waysInUse(files.mappings, way).map((one) => {
    const compiled = compileFiles(filesUnder(files.mappings, one), environment);
    return [one, compiled] as const;
  });
  const byWay = new Map(ways);
  const chosen = byWay.get(way) as CompiledFiles;
  const unsound = ways.some(([, { unsound: one }]) => one);
  const scoped = domainMappings(chosen.mappings, settings);
  const misplaced = scopeProblems(plan.project, scoped, !unsound);
  if (misplaced.length === 0) judges = scopeJudges(plan, scoped, streams);
  const stated = withJudges(chosen.facts, judges, factsInScope);
  const { mappings, facts } = withStaying(
    {
      mappings: withJudges(chosen.mappings, judges, mappingInScope),
      facts: landedFacts(stated, chosen.mappings, streams, {
        ...identities,
        domains: documents.domains,
        settings,
      }),
    },
    byWay,
    filesUnder(files.mappings, way),
    way,
  );
  const protection = planProtection(plan.project.document.protection);
  const isMapped = (stream: string): boolean => unsound || mappings.has(stream);
  return {
    mappings: protection ? guardedBy(protection, mappings) : mappings,
    facts,
    problems: [
      ...problems,
      ...unloaded,
      ...distinctProblems(ways.flatMap(([, compiled]) => compiled.problems)),
      ...misplaced,
      ...receivablesProblems(plan.project),
      ...balanceProblems(plan.project, streams, isMapped),
    ],
  };
}

/** Other rules of protection make other drafts: the digest tells. */
function guardedBy(
  protection: Protection,
  mappings: CompiledStreams['mappings'],
): CompiledStreams['mappings'] {
  return new Map(
    [...mappings].map(([stream, mapping]) => {
      const digest = sha256Hex(`${mapping.digest} ${protection.digest}`);
      return [stream, { ...mapping, digest, protection }];
    }),
  );
}

interface CompiledFiles extends CompiledStreams {
  unsound: boolean;
  problems: readonly Problem[];
}

function compileFiles(
  { moving, staying }: FilesUnder,
  environment: MappingEnvironment & FactEnvironment,
): CompiledFiles {
  const alsoRead = staying.map(({ stream }) => stream);
  const { mappings, problems } = compileMapping(moving, { ...environment, alsoRead });
  const stated = compileFacts(moving, environment);
  const all = [...problems, ...stated.problems];
  return { mappings, facts: stated.facts, unsound: problems.length > 0, problems: all };
}

/** The streams that stay behind beside those that move: every record of them is excluded. */
function withStaying(
  { mappings, facts }: CompiledStreams,
  byWay: ReadonlyMap<ReceivablesWay, CompiledStreams>,
  { staying }: FilesUnder,
  way: ReceivablesWay,
): CompiledStreams {
  if (byWay.size === 1) return { mappings, facts };
  const others = [...byWay].flatMap(([one, compiled]) => (one === way ? [] : [compiled]));
  const otherwiseOf = (stream: string): CompiledMapping[] =>
    others.flatMap((compiled) => compiled.mappings.get(stream) ?? []);
  const beside = [...mappings].map(([stream, mapping]) => {
    return [stream, mappingBeside(mapping, otherwiseOf(stream), way)] as const;
  });
  const left = { mappings: new Map(beside), facts: new Map(facts) };
  for (const { stream, otherwise } of staying) {
    const mapping = byWay.get(otherwise)?.mappings.get(stream);
    const stated = byWay.get(otherwise)?.facts.get(stream);
    if (mapping) left.mappings.set(stream, mappingStaying(mapping, otherwiseOf(stream), way));
    if (stated) left.facts.set(stream, factsStaying(stated, way));
  }
  return left;
}

/** A file is judged once for each way that it holds under. */
function distinctProblems(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

const noJudges: ReadonlyMap<string, ScopeJudge> = new Map();

/** Mappings that say of which domain their records are. */
function domainMappings(
  mappings: ReadonlyMap<string, CompiledMapping>,
  settings: ReadonlyMap<string, SourceSettings>,
): DomainMapping[] {
  return [...mappings].flatMap(([stream, { scope, resources }]) => {
    const source = stream.split('.', 1)[0] as string;
    const own = settings.get(source) ?? {};
    if (scope === undefined) return [];
    const referredBy = [...mappings.values()].flatMap((one) =>
      one.refersTo.includes(stream) && !landsInDocuments(one) ? one.stream : [],
    );
    return [{ stream, scope, resources, settings: own, referredBy }];
  });
}

/** By stream, who says which of its records stay behind. */
function scopeJudges(
  { project }: MappingPlan,
  scoped: readonly DomainMapping[],
  streams: readonly Stream[],
): ReadonlyMap<string, ScopeJudge> {
  const rules = scopeRules(project.document.scope);
  const judges = new Map<string, ScopeJudge>();
  for (const { stream: name, scope, settings } of scoped) {
    const own = rules.filter(({ domain }) => domain === scope.domain);
    const stream = streams.find((one) => one.name === name);
    if (stream && own.length > 0) judges.set(name, scopeJudge(stream, scope, own, settings));
  }
  return judges;
}

function withJudges<T>(
  compiled: ReadonlyMap<string, T>,
  judges: ReadonlyMap<string, ScopeJudge>,
  within: (one: T, judge: ScopeJudge) => T,
): ReadonlyMap<string, T> {
  if (judges.size === 0) return compiled;
  return new Map(
    [...compiled].map(([stream, one]) => {
      const judge = judges.get(stream);
      return [stream, judge === undefined ? one : within(one, judge)];
    }),
  );
}

/**
 * The same for a revision that was judged before. Assess, the phases and a re-map ask for the same
 * one: a process compiles it once. @throws HandoverError `plan-invalid` (exit 3).
 */
export function compileStreams(
  plan: CompiledPlan,
  streams: readonly Stream[],
  key: ProjectKey,
): CompiledStreams {
  const settings = [...plan.sources].map(([name, source]) => [name, source.settings]);
  const name = sha256Hex(JSON.stringify([key.fingerprint, plan.project.digest, settings, streams]));
  const known = compiledBefore.get(name);
  if (known !== undefined) return known;
  const { problems, ...compiled } = judgeStreams(plan, streams, identitiesOf(key));
  if (problems.length > 0) throw planInvalid(problems.length);
  const [oldest] = compiledBefore.size < mostCompiled ? [] : compiledBefore.keys();
  if (oldest !== undefined) compiledBefore.delete(oldest);
  compiledBefore.set(name, compiled);
  return compiled;
}

/** By key, revision, settings and schema: all that a compilation depends on. */
const compiledBefore = new Map<string, CompiledStreams>();
const mostCompiled = 16;

/** Ids as runs of this project make them. */
export function identitiesOf(key: Pick<ProjectKey, 'tag'>): Identities {
  return { identify: (stream, source) => key.tag(stream, source), stableId };
}

export function planInvalid(count: number): HandoverError {
  return new HandoverError('plan-invalid', `The plan or its mappings have ${count} problems.`, {
    exitCode: exitCodes.planInvalid,
    next: 'See them all, with file and line, with `handover plan check`.',
  });
}

export function readCodeMaps(files: readonly ProjectFile[]): {
  codeMaps: ReadonlyMap<string, CodeMap>;
  problems: Problem[];
} {
  const codeMaps = new Map<string, CodeMap>();
  const problems: Problem[] = [];
  for (const { path, text } of files) {
    const name = basename(path, '.csv');
    const read = readCodeMap(name, path, text);
    codeMaps.set(name, read.map);
    problems.push(...read.problems);
  }
  return { codeMaps, problems };
}
