import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import { mappingPlan, type MappingPlan } from './compile.ts';
import {
  filesBelow,
  isGoldenFile,
  readProject,
  type ProjectFile,
  type ProjectText,
} from './read.ts';
import { readStreamFiles } from './streamFiles.ts';

/** A project as its folder alone tells of it: no source, no environment, no key. */
export interface WrittenProject {
  plan: MappingPlan;
  streams: readonly Stream[];
  /** Tests of its mappings. */
  goldens: readonly ProjectFile[];
}

/**
 * Read a project folder for work on its mappings. Without `project` not even the plan can be read; with
 * `problems` that of `streams/` its mappings cannot be judged yet.
 * @throws HandoverError `plan-missing` (exit 2).
 */
export async function readWritten(folder: string): Promise<{
  project?: WrittenProject;
  problems: Problem[];
}> {
  const { value, rest, problems } = await readProject(folder);
  const text = value ?? rest;
  if (text === undefined) return { problems };
  const { streams, missing, problems: unclear } = await readStreamFiles(folder, text);
  const goldens = await filesBelow(folder, text.document.mappings, isGoldenFile);
  const unwritten = missing.map((source) => streamsUnwritten(source, text));
  const plan = mappingPlan(text);
  const all = [...problems, ...plan.problems, ...unwritten, ...unclear];
  if (missing.length > 0) return { problems: all };
  return { project: { plan, streams, goldens }, problems: all };
}

function streamsUnwritten(source: string, { place }: ProjectText): Problem {
  return {
    file: 'handover.yaml',
    ...place(['sources', source]),
    code: 'streams-unwritten',
    message: `The columns of "${source}" are not written down: there is no streams/${source}.yaml.`,
    suggestion: 'write it from the source: `handover map describe`',
  };
}
