import * as path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { ExitCode } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { typeOf, Writing } from '../../mapping/library/outward/chart.ts';
import type { Reading } from '../../mapping/library/outward/reading.ts';
import { ChartStore } from '../convert/chartStore.ts';
import type { ChartTarget, ChartWriter } from '../convert/chartWriters.ts';
import { chartWriters, type ChartFormat } from '../convert/chartWriters.ts';
import { fhirReader } from '../convert/fhirReader.ts';
import { inputFiles } from '../convert/inputFiles.ts';
import type { ReaderSettings } from '../convert/reader.ts';
import { ConvertReport } from '../convert/report.ts';
import type { Output } from '../output.ts';
import type { Environment } from '../project.ts';
import { convertExit, convertSettings, documentsOf, type ConvertOptions } from './convert.ts';

/**
 * `handover convert --from fhir --to hl7v2|ccda`: resources of a file or folder, in any order, as the
 * messages or documents of their patients. What was not written is told, by its path.
 */
export async function convertChartsCommand(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: Omit<ConvertOptions, 'to'> & { to: ChartFormat },
): Promise<ExitCode> {
  const settings = convertSettings(options, environment);
  const files = await inputFiles(input, fhirReader, output);
  const report = new ConvertReport();
  const writer: ChartWriter = chartWriters[options.to];
  const target = await writer.create(out);
  try {
    const store = await ChartStore.create(`${out}.charts`, (each) =>
      report.wrote(0, unreadOf(each), []),
    );
    try {
      await gather(files, path.dirname(input), settings, store, report);
      report.came(store.resources);
      await writeCharts(store, writer, target, settings, report);
    } finally {
      await store.remove();
    }
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
  report.tell(output, files.length);
  return convertExit(report, options.strict);
}

async function gather(
  files: readonly string[],
  folder: string,
  settings: ReaderSettings,
  store: ChartStore,
  report: ConvertReport,
): Promise<void> {
  for (const file of files) {
    const name = path.relative(folder, file);
    for await (const document of documentsOf(file, fhirReader, settings)) {
      report.read(name, document);
      for (const resource of document.resources) {
        const problems = store.add(resource as JsonObject);
        const { offset, line } = document;
        const place = line === undefined ? { offset } : { line, offset };
        for (const problem of problems) report.refuse(name, place, problem);
      }
    }
  }
}

async function writeCharts(
  store: ChartStore,
  writer: ChartWriter,
  target: ChartTarget,
  { identify }: ReaderSettings,
  report: ConvertReport,
): Promise<void> {
  for (const chart of store.charts()) {
    const writing = new Writing(chart, identify, systemClock.now());
    let written = 0;
    for (const document of writer.documents(writing)) {
      await target.write(document);
      written++;
    }
    const unread = [chart.patient, ...chart.own].flatMap(unreadOf);
    report.wrote(written, unread, writing.issues);
  }
  const left = store.leftOut();
  for (let count = 0; count < left; count++) report.refuse('', { offset: 0 }, 'fhir-no-patient');
  for (let count = 0; count < store.chartsTooLong; count++)
    report.refuse('', { offset: 0 }, 'chart-too-long');
}

/** A resource that nothing was taken of is its type; of others the paths of what was not taken. */
function unreadOf(reading: Reading): string[] {
  return reading.isTouched ? reading.unread() : [typeOf(reading)];
}
