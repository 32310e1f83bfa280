import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';
import { HandoverError, exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { rulesOf, type DeidentifiedKind, type Rules } from '../../privacy/deidentify/rules.ts';
import { Detector } from '../../privacy/detector.ts';
import {
  deidentifyResources,
  writeStatement,
  type ResourceCounts,
} from '../deidentify/resources.ts';
import { deidentifyTables, type TableOutcome } from '../deidentify/tables.ts';
import { several, table, type Output } from '../output.ts';
import type { Environment } from '../project.ts';

export interface DeidentifyOptions {
  as: DeidentifiedKind;
  text: 'withheld' | 'masked';
  /** A file with an expert's determination, 45 CFR 164.514(b)(1). */
  determination?: string;
}

/**
 * `handover deidentify`: FHIR resources and tables of a folder, as one of the two kinds of data for
 * rehearsals and training, with a statement of what it is.
 */
export async function deidentifyCommand(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: DeidentifyOptions,
): Promise<ExitCode> {
  const detector = new Detector();
  const rules = rulesFor(options, environment, detector);
  const determination = await determinationOf(options);
  const files = await filesOf(input);
  await newFolder(out);
  const resources = await deidentifyResources(rules, files.resources, out);
  const tables: TableOutcome[] = [];
  for (const folder of files.tableFolders) {
    tables.push(...(await deidentifyTables(rules, detector, folder, out)));
  }
  const statement = statementOf(options, determination, resources, tables);
  await writeStatement(out, statement);
  output.data(statement, () => linesOf(statement, resources, tables));
  return exitCodes.ok;
}

/** The key of Safe Harbor is thrown away; that of pseudonyms may be kept, so that a later export agrees. */
function rulesFor(options: DeidentifyOptions, environment: Environment, detector: Detector): Rules {
  const safe = options.as === 'safe-harbor';
  if (safe && options.text === 'masked') {
    throw new HandoverError('free-text-not-safe', 'Safe Harbor withholds free text.', {
      exitCode: exitCodes.usage,
      next: 'Leave --text out, or write --as pseudonymised, which remains PHI.',
    });
  }
  const secret = safe ? undefined : environment.HANDOVER_ID_KEY;
  const key = secret === undefined ? systemRandom.bytes(32) : Buffer.from(secret);
  const today = systemClock.now().toISOString().slice(0, 10);
  return rulesOf(options.as, key, today, options.text === 'masked' ? detector : undefined);
}

async function determinationOf({
  as,
  determination,
}: DeidentifyOptions): Promise<string | undefined> {
  if (determination === undefined) return undefined;
  if (as === 'safe-harbor') {
    throw new HandoverError('determination-unneeded', 'Safe Harbor needs no expert.', {
      exitCode: exitCodes.usage,
      next: 'Leave --determination out.',
    });
  }
  const bytes = await readFile(determination).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw missing(determination);
  });
  return sha256Hex(bytes);
}

interface FoundFiles {
  resources: string[];
  /** Folders with delimited files. */
  tableFolders: string[];
}

async function filesOf(input: string): Promise<FoundFiles> {
  const found = await stat(input).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw missing(input);
  });
  if (!found.isDirectory()) return { resources: [input], tableFolders: [] };
  const entries = await readdir(input, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const named = (pattern: RegExp) =>
    files
      .filter(({ name }) => pattern.test(name))
      .map((entry) => path.join(entry.parentPath, entry.name));
  return {
    resources: named(/\.(?:ndjson|json|jsonl)$/i).toSorted(),
    tableFolders: [
      ...new Set(named(/\.(?:csv|tsv|psv)$/i).map((file) => path.dirname(file))),
    ].toSorted(),
  };
}

function missing(file: string): HandoverError {
  return new HandoverError('input-missing', `There is no file or folder ${file}.`, {
    exitCode: exitCodes.usage,
    next: 'Name the folder to read first, then a new folder to write.',
  });
}

async function newFolder(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length === 0) return;
  throw new HandoverError('output-exists', `${out} is not empty, and stays as it is.`, {
    exitCode: exitCodes.usage,
    next: 'Name a new folder: what lies there is of another export.',
  });
}

function statementOf(
  { as, text }: DeidentifyOptions,
  determination: string | undefined,
  resources: ResourceCounts,
  tables: readonly TableOutcome[],
) {
  const safe = as === 'safe-harbor';
  return {
    format: 'handover-deidentification/1',
    kind: as,
    standard: safe ? '45 CFR 164.514(b)(2)' : (determination && '45 CFR 164.514(b)(1)') || 'none',
    remainsPhi: !safe && determination === undefined,
    text,
    ...(determination !== undefined && { determinationSha256: determination }),
    resources,
    tables,
  };
}

function linesOf(
  { kind, remainsPhi }: ReturnType<typeof statementOf>,
  resources: ResourceCounts,
  tables: readonly TableOutcome[],
): string[] {
  const types = Object.entries(resources.byType).map(([type, written]) => [type, written]);
  const columns = tables.flatMap(({ table: name, columns: held }) =>
    Object.entries(held).map(([column, word]) => [name, column, word]),
  );
  return [
    `${kind}: ${several(resources.written, 'resource')} written, ${resources.withheld} withheld, ${resources.unreadable} unreadable`,
    ...(types.length > 0 ? table(['type', 'written'], types) : []),
    ...(columns.length > 0 ? table(['table', 'column', 'taken for'], columns) : []),
    ...(remainsPhi
      ? ['This remains PHI: no expert has determined otherwise (45 CFR 164.514(b)(1)).']
      : []),
    ...(columns.length > 0
      ? ['Look at what each column was taken for before you give it away.']
      : []),
  ];
}
