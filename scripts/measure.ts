/**
 * `npm run -s measure NAME -- [--data DIR] [--json] [OPTION…]`: take one of the figures that this
 * project is judged by. With `--json` stdout is one object; without, a table for people, the misses
 * grouped by cause. Progress goes to stderr.
 */
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { linesOf } from '../engine/measure/table.ts';

/** What a measure is asked with. */
interface Request {
  /** Layout of the measure's own shared folder. */
  data: string;
  /** Whether `--data` named it. */
  dataGiven: boolean;
  options: Readonly<Record<string, string | undefined>>;
  files: readonly string[];
}

interface Measure {
  summary: string;
  /** Its folder below the shared data; absent: it makes what it measures. */
  folder?: string;
  /** Options of its own; each takes a value. */
  options?: readonly string[];
  /** Whether files are named behind the options. */
  takesFiles?: boolean;
  run(request: Request): Promise<object>;
}

/** Every measure by name. Nothing of one is loaded before it is asked for. */
const measures: Readonly<Record<string, Measure>> = {
  audit: {
    summary: 'looks at patients recorded durably in the signed log, and the whole of it recomputed',
    options: ['events'],
    async run({ options: { events = '1000000' } }) {
      const { measureAudit } = await import('../engine/measure/audit.ts');
      return measureAudit(Number(events));
    },
  },
  balance: {
    summary: 'after a demo run: source, target and exceptions counted apart from the ledger',
    options: ['patients', 'seed'],
    async run({ data, dataGiven, options }) {
      const { measureBalance } = await import('../engine/measure/balance.ts');
      const { patients, seed } = options;
      return measureBalance({ ...(dataGiven && { demo: data }), patients, seed });
    },
  },
  ccda: {
    summary: 'clinical documents converted, beside the bundles of another converter',
    folder: 'ccda/msfhir',
    async run({ data, dataGiven }) {
      const { measureCcda } = await import('../engine/measure/ccda.ts');
      const more = dataGiven ? [] : [path.join(sharedFolder({ folder: 'ccda' }), 'hl7-examples')];
      return measureCcda(data, more);
    },
  },
  certificate: {
    summary: 'the certificate of a run of so many records: its size, and the proof of one item',
    options: ['records'],
    async run({ options: { records = '1000000' } }) {
      const { measureCertificate } = await import('../engine/measure/certificate.ts');
      return measureCertificate(Number(records), say);
    },
  },
  crash: {
    summary: 'a run killed before and after every durable operation, and at random',
    options: ['seed', 'share'],
    async run({ options: { seed, share } }) {
      const { measureCrash } = await import('../engine/measure/crash.ts');
      return measureCrash({ seed, say, ...(share !== undefined && { share: Number(share) }) });
    },
  },
  deidentify: {
    summary: 'canaries of the 18 Safe Harbor classes, planted everywhere: none may be left',
    async run() {
      const { measureDeidentify } = await import('../engine/measure/deidentify.ts');
      return measureDeidentify();
    },
  },
  feed: {
    summary: 'four senders with faults, and a listener that is killed: every message once',
    options: ['messages', 'seed', 'load'],
    async run({ options: { messages = '100000', seed, load } }) {
      const { measureFeed } = await import('../engine/measure/feed.ts');
      return measureFeed({ messages: Number(messages), seed, load: load === 'yes', say });
    },
  },
  fhirpath: {
    summary: 'the official FHIRPath suite, and the speed beside npm `fhirpath`',
    folder: 'fhir/fhirpath',
    async run({ data }) {
      const { measureFhirpath } = await import('../engine/measure/fhirpath.ts');
      return measureFhirpath(data);
    },
  },
  hapi: {
    summary: 'the demo’s hospital in HAPI FHIR, every difference from what was sent counted',
    options: ['patients', 'ids'],
    async run({ options: { patients, ids } }) {
      const { measureHapi } = await import('../engine/measure/hapi.ts');
      return measureHapi({
        ids,
        say,
        ...(patients !== undefined && { patients: Number(patients) }),
      });
    },
  },
  fuzz: {
    summary: 'HL7 v2, C-CDA and X12 changed at random, for an hour or --minutes',
    options: ['seed', 'minutes'],
    async run({ options: { seed, minutes } }) {
      const { measureFuzz } = await import('../engine/measure/fuzz.ts');
      return measureFuzz({ seed, minutes, say });
    },
  },
  directories: {
    summary:
      'practitioners and insurers of four overlapping directories of the sample: links, questions',
    options: ['providers', 'seed'],
    async run({ options: { providers = '1000', seed = '1' } }) {
      const { measureDirectories } = await import('../engine/measure/directories.ts');
      return { kinds: await measureDirectories({ providers: Number(providers), seed }) };
    },
  },
  hl7v2: {
    summary: "HL7 v2 messages read, written again, and converted by HL7's tables",
    folder: 'hl7v2/msfhir',
    async run({ data, dataGiven }) {
      const { measureHl7v2 } = await import('../engine/measure/hl7v2.ts');
      const shared = sharedFolder({ folder: 'hl7v2' });
      const more = dataGiven ? [] : [path.join(shared, 'lfh')];
      return measureHl7v2(data, path.join(shared, 'v2-to-fhir/mappings'), more);
    },
  },
  identity: {
    summary: 'five overlapping sources of the sample brought together: links, questions, overlays',
    options: ['people', 'seed'],
    async run({ data, dataGiven, options: { people, seed } }) {
      const { measureIdentity } = await import('../engine/measure/identity.ts');
      return measureIdentity({
        seed,
        ...(people !== undefined && { people: Number(people) }),
        ...(dataGiven && { folder: data }),
      });
    },
  },
  linkage: {
    summary: 'linkage without tuning, beside the truth: --truth COLUMN[:REGEX] FILE [FILE2]',
    folder: 'linkage',
    options: ['truth'],
    takesFiles: true,
    async run({ data, files, options: { truth } }) {
      const { measureLinkage } = await import('../engine/measure/linkage.ts');
      return measureLinkage(data, files, truth);
    },
  },
  'linkage-truth': {
    summary: 'records made with given m and u: what is estimated of them',
    options: ['seed'],
    async run({ options: { seed } }) {
      const { measureLinkageTruth } = await import('../engine/measure/linkageTruth.ts');
      return { parameters: await measureLinkageTruth({ seed }) };
    },
  },
  'mapping-faults': {
    summary:
      'planted faults in a mapping: all must be found by the facts, or what they spoil held by the check',
    async run() {
      const { measureMappingFaults } = await import('../engine/measure/mappingFaults.ts');
      return measureMappingFaults();
    },
  },
  mutations: {
    summary: 'single faults planted in valid US Core resources: all must be told [--all yes]',
    folder: 'fhir/us-core',
    options: ['packages', 'all'],
    async run({ data, options: { packages, all } }) {
      const { measureMutations } = await import('../engine/measure/mutations.ts');
      return measureMutations(data, packages ?? fhirPackages(), all === 'yes');
    },
  },
  phi: {
    summary: 'identifiers found in texts that others marked',
    folder: 'phi/presidio-research',
    async run({ data }) {
      const { measurePhi } = await import('../engine/measure/phi.ts');
      return measurePhi(data);
    },
  },
  planted: {
    summary: 'planted defects of a whole hospital: all must be held, and nothing else',
    options: ['patients', 'seed'],
    async run({ options: { patients, seed } }) {
      const { measurePlanted } = await import('../engine/measure/planted.ts');
      return measurePlanted({
        seed,
        ...(patients !== undefined && { patients: Number(patients) }),
      });
    },
  },
  stu3: {
    summary: 'resources of STU3 converted to R4, beside those of another converter',
    folder: 'fhir/stu3-to-r4',
    async run({ data }) {
      const { measureStu3 } = await import('../engine/measure/stu3.ts');
      return measureStu3(data);
    },
  },
  synthea: {
    summary: 'tables of Synthea migrated, beside the FHIR bundles of the same patients',
    folder: 'synthea',
    async run({ data }) {
      const { measureSynthea } = await import('../engine/measure/synthea.ts');
      return measureSynthea(data);
    },
  },
  views: {
    summary: 'the official suite of SQL on FHIR v2',
    folder: 'fhir/sql-on-fhir',
    async run({ data }) {
      const { measureViews } = await import('../engine/measure/views.ts');
      return measureViews(data);
    },
  },
  'us-core': {
    summary: 'examples of US Core against the profiles that they claim: none may be told an error',
    folder: 'fhir/us-core',
    options: ['packages'],
    async run({ data, options: { packages } }) {
      const { measureUsCore } = await import('../engine/measure/usCore.ts');
      return measureUsCore(data, packages ?? fhirPackages());
    },
  },
  validator: {
    summary: 'verdicts on FHIR R4 resources, beside those of the reference validator',
    folder: 'fhir/validator-cases',
    async run({ data }) {
      const { measureValidator } = await import('../engine/measure/validator.ts');
      return measureValidator(data);
    },
  },
  tamper: {
    summary: 'a certificate and what goes with it, altered in every way we know: all refused',
    async run() {
      const { measureTamper } = await import('../engine/measure/tamper.ts');
      return measureTamper();
    },
  },
  x12: {
    summary: 'X12 files judged, converted, and recounted claim by claim to the cent',
    folder: 'x12',
    async run({ data }) {
      const { measureX12 } = await import('../engine/measure/x12.ts');
      return measureX12(data);
    },
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const [name = '', ...words] = process.argv.slice(2);
const measure = Object.hasOwn(measures, name) ? measures[name] : undefined;
process.exitCode = measure === undefined ? unknown(name) : await take(measure, words);

function unknown(asked: string): number {
  if (asked !== '') say(`there is no measure "${asked}"`);
  say('usage: npm run -s measure NAME -- [--data DIR] [--json]');
  const width = Math.max(...Object.keys(measures).map(({ length }) => length));
  for (const [each, { summary, options = [] }] of Object.entries(measures)) {
    const own = options.map((option) => ` [--${option} VALUE]`).join('');
    say(`  ${each.padEnd(width)}  ${summary}${own}`);
  }
  return 2;
}

async function take(chosen: Measure, given: readonly string[]): Promise<number> {
  const own = (chosen.options ?? []).map((option) => [option, { type: 'string' }] as const);
  const options: ParseArgsOptionsConfig = {
    data: { type: 'string' },
    json: { type: 'boolean' },
    ...Object.fromEntries(own),
  };
  let values: Readonly<Record<string, unknown>>;
  let files: readonly string[];
  try {
    const allowPositionals = chosen.takesFiles === true;
    ({ values, positionals: files } = parseArgs({ args: [...given], options, allowPositionals }));
  } catch (error) {
    say(error instanceof Error ? error.message : 'the options are not understood');
    return 2;
  }
  const { data, json, ...rest } = values as { data?: string; json?: boolean };
  const folder = data ?? sharedFolder(chosen);
  const request = { data: folder, dataGiven: data !== undefined, options: rest, files };
  const result = await chosen.run(request).catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
  });
  if (result === undefined) return 1;
  const text = json === true ? JSON.stringify(result) : linesOf(result).join('\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

function sharedFolder({ folder = '' }: Pick<Measure, 'folder'>): string {
  const shared = process.env['HANDOVER_SHARED'] ?? path.join(root, '../shared/data');
  return path.join(shared, folder);
}

/** Folder of the implementation guides. */
function fhirPackages(): string {
  return sharedFolder({ folder: 'fhir/packages' });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
