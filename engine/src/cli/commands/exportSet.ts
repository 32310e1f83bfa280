import { resolve } from 'node:path';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import {
  exportSetConfiguration,
  type ExportSetConfiguration,
} from '../../connectors/exportSet/configuration.ts';
import { readManifest, type Manifest } from '../../connectors/exportSet/manifest.ts';
import type { Problem } from '../../model/problem.ts';
import { columnChangeWords } from '../../run/columnChanges.ts';
import { deliveryChanges, type StreamChanges } from '../../run/deliveryChanges.ts';
import { openEndpoints, type Endpoints } from '../../run/endpoints.ts';
import { readProject, resolveEnvironment, type ProjectText } from '../../run/plan/read.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { bindPlan, connectorServices } from '../composition.ts';
import { several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';

/**
 * `handover export-set diff SOURCE FOLDER`: what the delivery that the plan names has that an earlier
 * one, in the folder, had not: records by stream, columns, files. Writes nothing.
 */
export async function exportSetDiffCommand(
  project: Project,
  output: Output,
  name: string,
  folder: string,
): Promise<ExitCode> {
  const { value: text, problems } = await readProject(project.folder);
  if (text === undefined) {
    output.problems(problems);
    throw planInvalid(problems.length);
  }
  const settings = settingsOf(project, text, name);
  const manifestIn = (place: string): Promise<Manifest> =>
    readManifest(resolve(project.folder, place), settings.manifest);
  const former = await manifestIn(folder);
  const missing = numbersBetween(former.delivery, settings.delivery);
  const services = connectorServices(project);
  const open = (own: object): Endpoints => {
    const sources = { [name]: { kind: 'export-set', ...settings, ...own } };
    const one = { ...text, document: { ...text.document, sources } };
    return openEndpoints(bindPlan(project, one), services);
  };
  const sides = [open({ folder, delivery: former.delivery }), open({})] as const;
  try {
    const [before, now] = [await sides[0].sources(), await sides[1].sources()];
    const streams = await deliveryChanges(
      before.get(name)!,
      now.get(name)!,
      (data) => services.digest(data),
      new AbortController().signal,
    );
    const files = fileChanges(former, await manifestIn(settings.folder));
    const deliveries = { former: former.delivery, later: settings.delivery, missing };
    output.data(
      { format: 'handover-export-set-diff/1', source: name, deliveries, files, streams },
      () => linesOf(deliveries, files, streams),
    );
    return exitCodes.ok;
  } finally {
    for (const side of sides) await side.close();
  }
}

/** @throws HandoverError `export-set-unknown` (exit 2), `plan-invalid` (exit 3). */
function settingsOf(project: Project, text: ProjectText, name: string): ExportSetConfiguration {
  const { kind, ...written } = text.document.sources[name] ?? { kind: '' };
  if (kind !== 'export-set') throw notExportSet(name, text);
  const unset: Problem[] = [];
  const settings = resolveEnvironment(written, project.environment, ['sources', name], text, unset);
  const parsed = exportSetConfiguration.parse(settings);
  if ('problems' in parsed || unset.length > 0) throw planInvalid(1);
  return parsed.value;
}

/** @throws HandoverError `export-delivery-order` when the former one is not the former one. */
function numbersBetween(former: number, later: number): number[] {
  if (former < later) return Array.from({ length: later - former - 1 }, (_, at) => former + 1 + at);
  throw new HandoverError(
    'export-delivery-order',
    `the folder holds delivery ${former}, which does not come before delivery ${later} of the plan`,
    { exitCode: exitCodes.usage, next: 'Name the folder of an earlier delivery.' },
  );
}

interface FileChanges {
  added: string[];
  removed: string[];
  changed: string[];
  unchanged: number;
}

/** By the digests of the manifests, which were compared with the files. */
function fileChanges(former: Manifest, later: Manifest): FileChanges {
  const before = new Map(former.files.map(({ file, sha256 }) => [file, sha256.toLowerCase()]));
  const now = new Map(later.files.map(({ file, sha256 }) => [file, sha256.toLowerCase()]));
  const both = [...now.keys()].filter((file) => before.has(file));
  const changed = both.filter((file) => before.get(file) !== now.get(file));
  return {
    added: [...now.keys()].filter((file) => !before.has(file)),
    removed: [...before.keys()].filter((file) => !now.has(file)),
    changed,
    unchanged: both.length - changed.length,
  };
}

interface Deliveries {
  former: number;
  later: number;
  missing: readonly number[];
}

function linesOf(
  { former, later, missing }: Deliveries,
  files: FileChanges,
  streams: readonly StreamChanges[],
): string[] {
  const gap = missing.length === 0 ? [] : [`missing between them: delivery ${missing.join(', ')}`];
  const told = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`${several(names.length, 'file')} ${what}: ${names.join(', ')}`];
  return [
    `delivery ${former} → delivery ${later}`,
    ...gap,
    ...told('added', files.added),
    ...told('removed', files.removed),
    `${several(files.changed.length, 'file')} changed, ${files.unchanged} unchanged`,
    '',
    ...table(
      ['stream', 'earlier', 'later', 'added', 'changed', 'removed', 'unchanged', 'repeated'],
      streams.map(({ stream, formerRecords = '-', laterRecords = '-', records }) => {
        const { added, changed, removed, unchanged, repeated } = records ?? nothingCompared;
        return [stream, formerRecords, laterRecords, added, changed, removed, unchanged, repeated];
      }),
    ),
    ...streams.flatMap(({ stream, columns }) =>
      columns.map((one) => `${stream}: ${columnChangeWords(one)}`),
    ),
  ];
}

const nothingCompared = { added: '-', changed: '-', removed: '-', unchanged: '-', repeated: '-' };

function notExportSet(name: string, { document }: ProjectText): HandoverError {
  const sets = Object.entries(document.sources).filter(([, { kind }]) => kind === 'export-set');
  const names = sets.map(([one]) => one).join(', ');
  return new HandoverError('export-set-unknown', `The plan has no export set "${name}".`, {
    exitCode: exitCodes.usage,
    next: names === '' ? 'No source is of `kind: export-set`.' : `Export sets are: ${names}.`,
  });
}
