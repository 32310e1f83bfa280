import type { AuditEvent } from '../../audit/auditEvent.ts';
import { canonicalJson, isJsonObject, parseJson, type Json } from '../../base/json.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { readProject } from '../../run/plan/read.ts';
import { identitiesOf, judgeStreams, planInvalid } from '../../run/plan/streams.ts';
import {
  describeSources,
  previewMapping,
  requireColumn,
  type PreviewItem,
} from '../../run/preview.ts';
import { auditLogOf, bindPlan, connectorServices } from '../composition.ts';
import { counted, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { readStandardInput, withControl } from './look.ts';
import { onInterrupt } from './run.ts';

export interface MapPreviewOptions {
  key?: string;
  where?: string;
  limit: number;
}

/** `handover map preview STREAM`: source items beside what the mapping makes of them; audited. */
export async function mapPreviewCommand(
  project: Project,
  output: Output,
  name: string,
  options: MapPreviewOptions,
): Promise<ExitCode> {
  if (options.key !== undefined && options.key !== '-') throw keyInArguments();
  const searched = options.key !== undefined || options.where !== undefined;
  const value = searched ? (await readStandardInput()).replace(/\r?\n$/, '') : '';
  const { value: text, problems: unread } = await readProject(project.folder);
  if (text === undefined) {
    output.problems(unread);
    throw planInvalid(unread.length);
  }
  const plan = bindPlan(project, text);
  const endpoints = openEndpoints(plan, connectorServices(project));
  const stop = new AbortController();
  const release = onInterrupt(() => stop.abort(interrupted));
  try {
    const sources = await endpoints.sources();
    const streams = await describeSources(sources);
    const { mappings, problems } = judgeStreams(plan, streams, identitiesOf(project.key));
    const stream = streams.find((one) => one.name === name);
    if (stream === undefined) throw streamUnknown(name, [...mappings.keys()]);
    const mapping = mappings.get(name);
    if (mapping === undefined) {
      output.problems(problems);
      if (problems.length > 0) throw planInvalid(problems.length);
      throw streamUnknown(name, [...mappings.keys()]);
    }
    if (options.where !== undefined) requireColumn(stream, options.where);
    const columns = options.where === undefined ? stream.key : [options.where];
    const items = await previewMapping(
      sources,
      streams,
      mapping,
      {
        stream,
        limit: options.limit,
        ...(searched && { where: { columns, key: value } }),
        progress: progressNotes(output),
      },
      stop.signal,
    );
    await withControl(project, (database) =>
      auditLogOf(project, database).record(items.flatMap((item) => looksAt(name, item))),
    );
    output.data({ format: 'handover-map-preview/1', stream: name, items }, () =>
      items.flatMap(itemLines),
    );
    if (items.length === 0) output.note('No source item was found.');
    return exitCodes.ok;
  } catch (error) {
    if (stop.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    release();
    await endpoints.close();
  }
}

const interrupted = new Error('interrupted');

/** About once a second, how many items have been looked through. */
function progressNotes(output: Output): (looked: number) => void {
  let told = systemClock.now().getTime();
  return (looked) => {
    const now = systemClock.now().getTime();
    if (now - told < 1_000) return;
    told = now;
    output.note(`looked through ${counted(looked)} source items (Ctrl-C to stop)`);
  };
}

/** One event for each patient that an item is about, on record before it is shown. */
function looksAt(stream: string, { drafts }: PreviewItem): AuditEvent[] {
  const patients = new Set(
    drafts.flatMap(({ type, id, references }) =>
      type === 'Patient'
        ? [id]
        : references.flatMap((one) => (one.startsWith('Patient/') ? [one.slice(8)] : [])),
    ),
  );
  const subjects = patients.size === 0 ? [undefined] : [...patients];
  return subjects.map((patient) => ({
    instant: systemClock.now(),
    actor: 'operator',
    action: 'read',
    resourceType: stream,
    resourceIds: drafts.map(({ id }) => id),
    patient,
    outcome: 'disclosed',
  }));
}

function itemLines(item: PreviewItem): string[] {
  const { key, line, row, outcome, drafts, issues, unread } = item;
  const columns = Object.entries(row).filter(([, value]) => value !== null);
  const width = Math.max(0, ...columns.map(([name]) => name.length));
  const why = 'reason' in outcome ? ` (${outcome.reason})` : '';
  return [
    `item ${key}${line === undefined ? '' : `, line ${line}`}: ${outcome.state}${why}`,
    ...columns.map(([name, value]) => {
      const mark = unread.includes(name) ? '  ← unread' : '';
      return `  ${name.padEnd(width)}  ${value ?? ''}${mark}`;
    }),
    ...issues.map(({ severity, code, path }) => `  ${severity}: ${code} at ${path}`),
    ...drafts.flatMap(({ type, id, body }) => [
      `  → ${type}/${id}`,
      ...elementLines(type, parseJson(body)),
    ]),
  ];
}

/** One line for each element that holds a value; numbers keep their digits. */
function elementLines(path: string, value: Json | undefined): string[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, one]) => elementLines(`${path}.${name}`, one));
  }
  if (Array.isArray(value)) return value.flatMap((one, at) => elementLines(`${path}[${at}]`, one));
  return value === undefined ? [] : [`    ${path}: ${canonicalJson(value)}`];
}

function keyInArguments(): HandoverError {
  return new HandoverError('key-in-arguments', 'A source key never stands in arguments here.', {
    exitCode: exitCodes.usage,
    next: 'Write it to standard input: `handover map preview STREAM --key -`.',
  });
}

function streamUnknown(stream: string, names: readonly string[]): HandoverError {
  return new HandoverError('stream-unmapped', `No mapping is for a stream "${stream}".`, {
    exitCode: exitCodes.usage,
    next: `Mapped are: ${names.join(', ')}.`,
  });
}
