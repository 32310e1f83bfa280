/**
 * `npm run bench -- [NAME…] [--json] [OPTION…]`: figures beside a peer or a floor, taken in one run
 * on this machine. Without a name, all of them at sizes that take minutes. A slow figure fails
 * nothing: the exit code tells only whether the benches ran.
 */
import { parseArgs } from 'node:util';
import type { BenchResult } from '../engine/bench/result.ts';

interface Bench {
  summary: string;
  run(sizes: Sizes): Promise<BenchResult>;
}

interface Sizes {
  patients: number;
  resources: number;
  records: number;
  rows: number;
  small: number;
  large: number;
  messages: number;
  table: number;
  interchange: number;
  few: number;
  many: number;
  people: number;
  /** Of `convert`, or a command of `ndjson`; all of them when it is empty. */
  format: string;
}

/** Nothing of a bench is loaded before it is asked for. */
const benches: Readonly<Record<string, Bench>> = {
  ccda: {
    summary: 'clinical documents converted to FHIR, beside @medplum/ccda',
    run: async () => (await import('../engine/bench/ccda.ts')).benchCcda(),
  },
  check: {
    summary: 'what US Core adds to a whole run, of that of the run with it [--rows N]',
    run: async ({ rows }) => (await import('../engine/bench/check.ts')).benchCheck(rows),
  },
  convert: {
    summary:
      'memory of convert at two sizes [--few MB] [--many MB] [--format NAME], the output some ten times as large',
    run: async ({ few, many, format }) =>
      (await import('../engine/bench/convert.ts')).benchConvert(few, many, format),
  },
  guards: {
    summary: 'a whole run sealed and audited, beside one that is neither [--rows N]',
    run: async ({ rows }) => (await import('../engine/bench/guards.ts')).benchGuards(rows),
  },
  hl7v2: {
    summary: 'HL7 v2 parsed and read, beside @medplum/core; HL7 v2 to FHIR',
    run: async () => (await import('../engine/bench/hl7v2.ts')).benchHl7v2(),
  },
  linkage: {
    summary: 'linkage without tuning, beside Splink as documented [--people N]',
    run: async ({ people }) => (await import('../engine/bench/linkage.ts')).benchLinkage(people),
  },
  load: {
    summary: 'drafts into the embedded target, beside psql \\copy [--resources N]',
    run: async ({ resources }) => (await import('../engine/bench/load.ts')).benchLoad(resources),
  },
  map: {
    summary: 'rows to sealed drafts, beside a hand-written floor [--rows N]',
    run: async ({ rows }) => (await import('../engine/bench/map.ts')).benchMap(rows),
  },
  mapDiff: {
    summary: 'map diff of changed mappings, beside a minute for a million records [--records N]',
    run: async ({ records }) => (await import('../engine/bench/mapDiff.ts')).benchMapDiff(records),
  },
  memory: {
    summary: 'memory of full runs at two sizes [--small N] [--large N]',
    run: async ({ small, large }) =>
      (await import('../engine/bench/memory.ts')).benchMemory(small, large),
  },
  mllp: {
    summary: 'HL7 v2 over MLLP, durable before it is answered, beside @medplum/hl7 [--messages N]',
    run: async ({ messages }) => (await import('../engine/bench/mllp.ts')).benchMllp(messages),
  },
  ndjson: {
    summary:
      'memory of convert, view and validate over NDJSON at two sizes [--few MB] [--many MB] [--format COMMAND]',
    run: async ({ few, many, format }) =>
      (await import('../engine/bench/ndjson.ts')).benchNdjson(few, many, format),
  },
  preview: {
    summary: 'a mapping previewed by key on a big table, beside a second [--table N]',
    run: async ({ table }) => (await import('../engine/bench/preview.ts')).benchPreview(table),
  },
  sample: {
    summary: 'the sample hospital, beside 5,000 patients a minute [--patients N]',
    run: async ({ patients }) => (await import('../engine/bench/sample.ts')).benchSample(patients),
  },
  terminology: {
    summary: 'a million concepts loaded, beside a minute',
    run: async () => (await import('../engine/bench/terminology.ts')).benchTerminology(),
  },
  views: {
    summary: 'a SQL on FHIR view to Parquet, beside @medplum/core [--resources N]',
    run: async ({ resources }) => (await import('../engine/bench/views.ts')).benchViews(resources),
  },
  validator: {
    summary: 'US Core resources judged, beside @medplum/core validateResource',
    run: async () => (await import('../engine/bench/validator.ts')).benchValidator(),
  },
  workers: {
    summary: 'CPU per record with two worker processes, beside one [--rows N]',
    run: async ({ rows }) => (await import('../engine/bench/workers.ts')).benchWorkers(rows),
  },
  x12: {
    summary: 'X12 streamed into loops, beside node-x12; memory of a large one [--interchange MB]',
    run: async ({ interchange }) => (await import('../engine/bench/x12.ts')).benchX12(interchange),
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    patients: { type: 'string', default: '2000' },
    records: { type: 'string', default: '100000' },
    resources: { type: 'string', default: '500000' },
    rows: { type: 'string', default: '100000' },
    small: { type: 'string', default: '100000' },
    large: { type: 'string', default: '500000' },
    messages: { type: 'string', default: '20000' },
    table: { type: 'string', default: '10000000' },
    interchange: { type: 'string', default: '200' },
    few: { type: 'string', default: '64' },
    many: { type: 'string', default: '192' },
    people: { type: 'string', default: '1000000' },
    format: { type: 'string', default: '' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(benches);
const unknown = names.filter((name) => !Object.hasOwn(benches, name));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (unknown.length > 0) {
  say(`there is no bench "${unknown.join('", "')}"`);
  for (const [name, { summary }] of Object.entries(benches)) say(`  ${name.padEnd(8)} ${summary}`);
  process.exitCode = 2;
} else {
  const sizes = {
    patients: Number(values.patients),
    resources: Number(values.resources),
    records: Number(values.records),
    rows: Number(values.rows),
    small: Number(values.small),
    large: Number(values.large),
    messages: Number(values.messages),
    table: Number(values.table),
    interchange: Number(values.interchange),
    few: Number(values.few),
    many: Number(values.many),
    people: Number(values.people),
    format: values.format,
  };
  const results: BenchResult[] = [];
  for (const name of names) {
    say(`${name}: ${benches[name]?.summary ?? ''}`);
    const result = await benches[name]?.run(sizes);
    if (result === undefined) continue;
    results.push(result);
    if (!values.json) process.stdout.write(`${linesOf(result).join('\n')}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ results })}\n`);
}

function linesOf({ bench, compared, ratio, goal, met, figures }: BenchResult): string[] {
  const wanted = 'least' in goal ? `at least ${goal.least}` : `at most ${goal.most}`;
  return [
    `${bench.padEnd(8)} ${ratio}  (goal: ${wanted}, ${met ? 'met' : 'not met'})  ${compared}`,
    ...Object.entries(figures).map(([name, value]) => `         ${name}: ${shown(value)}`),
  ];
}

function shown(value: number | string): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}
