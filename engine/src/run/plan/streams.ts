import { basename } from 'node:path/posix';
import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { stableId } from '../../keys/stableId.ts';
import { compileMapping } from '../../mapping/compile.ts';
import { compileFacts } from '../../mapping/facts/compile.ts';
import type { CompiledFacts } from '../../mapping/facts/evaluate.ts';
import type { CompiledMapping } from '../../mapping/mapper.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import { readCodeMap, type CodeMap } from '../../terminology/codeMap.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import { balanceProblems } from './balanceProblems.ts';
import type { CompiledPlan } from './compile.ts';
import { loadFunctions } from './loadFunctions.ts';

/** Mappings and facts by stream, compiled against the schema of the source. */
export interface CompiledStreams {
  mappings: ReadonlyMap<string, CompiledMapping>;
  facts: ReadonlyMap<string, CompiledFacts>;
}

/** Compile mappings and facts with every problem at once; they share nothing but the streams. */
export function judgeStreams(
  plan: CompiledPlan,
  streams: readonly Stream[],
  key: ProjectKey,
): CompiledStreams & { problems: readonly Problem[] } {
  const { files } = plan.project;
  const { codeMaps, problems } = readCodeMaps(plan);
  const { functions, problems: unloaded } = loadFunctions(files.functions);
  const settings = new Map([...plan.sources].map(([name, source]) => [name, source.settings]));
  const identify = (stream: string, source: string): Buffer => key.tag(stream, source);
  const identities = { identify, stableId };
  const mapped = compileMapping(files.mappings, {
    streams,
    codeMaps,
    functions,
    settings,
    ...identities,
  });
  const stated = compileFacts(files.mappings, { streams, concepts, settings, ...identities });
  const unsound = mapped.problems.length > 0;
  const isMapped = (stream: string): boolean => unsound || mapped.mappings.has(stream);
  return {
    mappings: mapped.mappings,
    facts: stated.facts,
    problems: [
      ...problems,
      ...unloaded,
      ...mapped.problems,
      ...stated.problems,
      ...balanceProblems(plan.project, streams, isMapped),
    ],
  };
}

/** The same for a revision that was judged before. @throws HandoverError `plan-invalid` (exit 3). */
export function compileStreams(
  plan: CompiledPlan,
  streams: readonly Stream[],
  key: ProjectKey,
): CompiledStreams {
  const { problems, ...compiled } = judgeStreams(plan, streams, key);
  if (problems.length > 0) throw planInvalid(problems.length);
  return compiled;
}

export function planInvalid(count: number): HandoverError {
  return new HandoverError('plan-invalid', `The plan or its mappings have ${count} problems.`, {
    exitCode: exitCodes.planInvalid,
    next: 'See them all, with file and line, with `handover plan check`.',
  });
}

function readCodeMaps(plan: CompiledPlan): {
  codeMaps: ReadonlyMap<string, CodeMap>;
  problems: Problem[];
} {
  const codeMaps = new Map<string, CodeMap>();
  const problems: Problem[] = [];
  for (const { path, text } of plan.project.files.codeMaps) {
    const name = basename(path, '.csv');
    const read = readCodeMap(name, path, text);
    codeMaps.set(name, read.map);
    problems.push(...read.problems);
  }
  return { codeMaps, problems };
}
