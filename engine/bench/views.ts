import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { evalSqlOnFhir } from '@medplum/core';
import { parseJson } from '../src/base/json.ts';
import { batchesOf, ViewReport } from '../src/cli/view/batches.ts';
import { linesOfFile } from '../src/cli/view/lines.ts';
import { resourcesOf } from '../src/cli/view/resources.ts';
import { bestBatchRows, writeParquet, type ParquetCell } from '../src/query/parquetWriter.ts';
import { compileView } from '../src/views/view.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';

const column = (name: string, at: string, type: string): object => ({ name, path: at, type });
const view = {
  resource: 'Observation',
  select: [
    {
      column: [
        column('id', 'id', 'id'),
        column('patient', 'subject.reference', 'string'),
        column('at', 'effective.ofType(dateTime)', 'dateTime'),
        column('status', 'status', 'code'),
        column('value', 'value.ofType(Quantity).value', 'decimal'),
        column('unit', 'value.ofType(Quantity).code', 'code'),
      ],
    },
    {
      forEach: 'code.coding',
      column: [
        column('system', 'system', 'uri'),
        column('code', 'code', 'code'),
        column('display', 'display', 'string'),
      ],
    },
  ],
  where: [{ path: "status = 'final'" }],
};

/** Lines that the peer is given at most: it takes its time. */
const peerLines = 20_000;

/**
 * NDJSON to Parquet on one thread: each line parsed once, a view of nine columns, the same writer
 * on both sides.
 */
export async function benchViews(resources: number): Promise<BenchResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'handover-views-'));
  try {
    const file = path.join(folder, 'Observation.ndjson');
    writeObservations(file, resources);
    const compiled = compileView(parseJson(JSON.stringify(view)));
    const report = new ViewReport();
    const before = process.memoryUsage().rss;
    const own = await timed(async () => {
      const batches = batchesOf(compiled, resourcesOf([file], folder), report, bestBatchRows);
      await writeParquet(path.join(folder, 'own.parquet'), compiled.columns, () => {
        const next = batches.next();
        return next.done === true ? undefined : next.value;
      });
    });
    const held = process.memoryUsage().rss - before;
    const lines = Math.min(resources, peerLines);
    let peerRows = 0;
    const peer = await timed(async () => {
      const batches = peerBatches(file, lines);
      await writeParquet(path.join(folder, 'peer.parquet'), compiled.columns, () => {
        const next = batches.next();
        peerRows += next.value?.rows ?? 0;
        return next.value;
      });
    });
    return benchResult({
      bench: 'views',
      compared: 'resources a second, NDJSON to Parquet, beside evalSqlOnFhir of @medplum/core',
      ratio: rounded(report.read / own / (lines / peer)),
      goal: { least: 5 },
      figures: {
        resources: report.read,
        rows: report.rows,
        'resources/s': Math.round(report.read / own),
        'peer resources': lines,
        'peer rows': peerRows,
        'peer resources/s': Math.round(lines / peer),
        'MB of NDJSON': megabytes(statSync(file).size),
        'MB of Parquet': megabytes(statSync(path.join(folder, 'own.parquet')).size),
        'MB of memory more than before': megabytes(held),
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

function* peerBatches(
  file: string,
  lines: number,
): Generator<{ rows: number; columns: ParquetCell[][] }, undefined> {
  const names = ['id', 'patient', 'at', 'status', 'value', 'unit', 'system', 'code', 'display'];
  let resources: unknown[] = [];
  let read = 0;
  for (const { text = '' } of linesOfFile(file)) {
    resources.push(JSON.parse(text));
    if (++read < lines && resources.length < bestBatchRows) continue;
    const rows = evalSqlOnFhir(view, resources as never);
    yield {
      rows: rows.length,
      columns: names.map((name) => rows.map((row) => (row[name] ?? null) as ParquetCell)),
    };
    resources = [];
    if (read === lines) return undefined;
  }
  return undefined;
}

/** Results as laboratories report them, about 700 bytes each. */
function writeObservations(file: string, count: number): void {
  const handle = openSync(file, 'w', 0o600);
  const codes = ['4548-4', '2339-0', '718-7', '2160-0', '6690-2'];
  let text = '';
  for (let at = 0; at < count; at++) {
    const code = codes[at % codes.length] as string;
    text += `${JSON.stringify({
      resourceType: 'Observation',
      id: `result-${at}`,
      meta: {
        profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab'],
      },
      status: at % 50 === 0 ? 'preliminary' : 'final',
      category: [{ coding: [{ system: 'urn:category', code: 'laboratory' }] }],
      code: { coding: [{ system: 'http://loinc.org', code, display: `Test ${code}` }], text: code },
      subject: { reference: `Patient/p${at % 5000}` },
      effectiveDateTime: `20${String(10 + (at % 14))}-0${1 + (at % 9)}-11T08:30:00+01:00`,
      valueQuantity: {
        value: Number(`${at % 300}.${1 + (at % 9)}`),
        unit: 'mg/dL',
        system: 'http://unitsofmeasure.org',
        code: 'mg/dL',
      },
    })}\n`;
    if (text.length > 1 << 20) {
      writeSync(handle, text);
      text = '';
    }
  }
  writeSync(handle, text);
  closeSync(handle);
}
