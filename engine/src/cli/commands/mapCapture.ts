import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { captureRows, requireSynthetic } from '../../run/goldens/capture.ts';
import { givenText } from '../../run/goldens/goldenFile.ts';
import { filesUnder, receivablesOf } from '../../run/plan/receivables.ts';
import { goldenFolder } from '../../run/goldens/goldens.ts';
import { readProject } from '../../run/plan/read.ts';
import { identitiesOf, judgeStreams, planInvalid } from '../../run/plan/streams.ts';
import { describeSources } from '../../run/preview.ts';
import { bindPlan, connectorServices } from '../composition.ts';
import { typed, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { readStandardInput } from './look.ts';

/** `handover map test STREAM --capture NAME`: a golden with a row of a source that is made up. */
export async function mapCaptureCommand(
  project: Project,
  output: Output,
  name: string,
  capture: string,
): Promise<ExitCode> {
  const { value: text, problems: unread } = await readProject(project.folder);
  if (text === undefined) {
    output.problems(unread);
    throw planInvalid(unread.length);
  }
  const { mappings: files } = text.files;
  const { moving } = filesUnder(files, receivablesOf(text.document).way);
  const folder = goldenFolder([...moving, ...files], name);
  if (folder === undefined) throw streamUnmapped(name);
  requireSynthetic(text, name.split('.', 1)[0] ?? '');
  const key = (await readStandardInput()).replace(/\r?\n$/, '');
  const plan = bindPlan(project, text);
  const endpoints = openEndpoints(plan, connectorServices(project));
  try {
    const sources = await endpoints.sources();
    const streams = await describeSources(sources);
    const { mappings, problems } = judgeStreams(plan, streams, identitiesOf(project.key));
    const mapping = mappings.get(name);
    const stream = streams.find((one) => one.name === name);
    if (mapping === undefined || stream === undefined) {
      output.problems(problems);
      throw planInvalid(problems.length);
    }
    const { signal } = new AbortController();
    const rows = await captureRows(sources, streams, mapping, { stream, key }, signal);
    if (rows === undefined) throw itemMissing(name);
    const path = join(folder, `${capture}.yaml`);
    await writeNew(join(project.folder, path), givenText(rows));
    output.data({ format: 'handover-map-test/1', captured: path }, () => [
      `${path} is written. Look at what is made of it, and let the golden expect it:`,
      `  ${typed(project, 'map', 'test', path, '--update')}`,
    ]);
    return exitCodes.ok;
  } finally {
    await endpoints.close();
  }
}

/** @throws HandoverError `golden-there` (exit 2): what somebody wrote is not written over. */
async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new HandoverError('golden-there', 'There is a golden of that name already.', {
      cause: error,
      exitCode: exitCodes.usage,
      next: 'Give the new one another name.',
    });
  }
}

function streamUnmapped(name: string): HandoverError {
  return new HandoverError('stream-unmapped', `No mapping is for a stream "${name}".`, {
    exitCode: exitCodes.usage,
    next: 'Name a stream that has a mapping: `handover map test STREAM --capture NAME`.',
  });
}

function itemMissing(name: string): HandoverError {
  return new HandoverError('item-missing', `${name} has no source item with that key.`, {
    exitCode: exitCodes.usage,
    next: 'Write the key to standard input: `handover map test STREAM --capture NAME`.',
  });
}
