import { exitCodes, type ExitCode } from '../../base/errors.ts';
import { readFhirBytes } from '../../formats/fhirText.ts';
import type { LoadedPackage } from '../../quality/validator/definitions/package.ts';
import { Validator } from '../../quality/validator/validator.ts';
import type { ConformanceIssue } from '../../quality/validator/walk.ts';
import { fhirPieces, isBlank } from '../convert/fhirPieces.ts';
import { inputFailure, inputFiles, type InputKind } from '../convert/inputFiles.ts';
import { GzipProblem, inputBytes, plainName } from '../convert/inputStream.ts';
import { refusalLines } from '../convert/refusals.ts';
import { counted, several, type Output } from '../output.ts';
import { loadGuides } from '../packages.ts';
import { loadTerminology } from '../terminologyFolder.ts';

export interface ValidateOptions {
  package: string[];
  profile: string[];
  /** A folder of releases and FHIR resources that the site has. */
  terminology?: string;
  strict?: boolean;
}

/** A resource by its file and, in NDJSON or where it cannot be read, the line from 1. */
interface Place {
  file: string;
  line?: number;
}

interface Told extends Place, ConformanceIssue {}

/** Issues that are listed one by one, errors first; all of them are counted. */
const mostListed = 1000;

/** Different causes that are counted one by one. */
const mostCauses = 20_000;

/**
 * `handover validate`: resources of files or folders (JSON, XML, NDJSON) against FHIR R4, the profiles
 * that they claim, and those asked for. NDJSON is read line by line.
 */
export async function validateCommand(
  output: Output,
  inputs: readonly string[],
  options: ValidateOptions,
): Promise<ExitCode> {
  const { definitions, packages } = loadGuides(options.package, options.profile);
  const { terminology: folder } = options;
  const loaded = folder === undefined ? undefined : await loadTerminology(folder);
  const validator = new Validator(definitions, loaded?.terminology);
  const report = new Report(validator, options.profile);
  for (const input of inputs) {
    for (const file of await inputFiles(input, fhirFiles, output)) await report.file(file);
  }
  report.tell(output, packages);
  const refused = options.strict === true && report.refused > 0;
  return refused ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

const fhirFiles: InputKind = {
  files: /\.(?:json|xml|ndjson|jsonl)$/i,
  summary: 'FHIR in JSON, XML or NDJSON',
  next: 'Name files or folders of FHIR resources.',
};

class Report {
  readonly #validator: Validator;
  readonly #profiles: readonly string[];
  readonly #errors: Told[] = [];
  readonly #warnings: Told[] = [];
  readonly #causes = new Map<
    string,
    { severity: string; code: string; about?: string; count: number }
  >();
  resources = 0;
  refused = 0;

  constructor(validator: Validator, profiles: readonly string[]) {
    this.#validator = validator;
    this.#profiles = profiles;
  }

  async file(file: string): Promise<void> {
    let isEmpty = !/\.(?:ndjson|jsonl)$/i.test(plainName(file));
    let place: Place = { file };
    try {
      for await (const { isLine, line, bytes } of fhirPieces(inputBytes(file), plainName(file))) {
        place = isLine ? { file, line } : { file };
        if (bytes !== undefined && isBlank(bytes)) continue;
        isEmpty = false;
        if (bytes === undefined) this.#refuse('fhir-too-long', place);
        else this.#judge(bytes, place);
      }
      if (isEmpty) this.#refuse('file-empty', { file });
    } catch (error) {
      if (!(error instanceof GzipProblem)) throw inputFailure(file, error);
      this.#refuse('gzip-unreadable', place);
    }
  }

  #refuse(code: string, place: Place): void {
    this.resources++;
    this.refused++;
    this.#count({ severity: 'error', code, path: '' }, place);
  }

  #judge(bytes: Buffer, place: Place): void {
    this.resources++;
    const read = readFhirBytes(bytes);
    if ('code' in read) {
      this.refused++;
      const { code, column } = read;
      const line = (place.line ?? 1) + read.line - 1;
      this.#count({ severity: 'error', code, path: `column ${column}` }, { ...place, line });
      return;
    }
    const issues: readonly ConformanceIssue[] = [
      ...read.issues,
      ...this.#validator.judge(read.resource, { profiles: this.#profiles }),
    ];
    if (issues.some(({ severity }) => severity === 'error')) this.refused++;
    for (const issue of issues) this.#count(issue, place);
  }

  #count(issue: ConformanceIssue, place: Place): void {
    const { severity, code, about } = issue;
    const whole = `${severity} ${code} ${about ?? ''}`;
    // What a code is of comes from the input too: more different ones than that are those of an attack.
    const isMany = this.#causes.size >= mostCauses && !this.#causes.has(whole);
    const key = isMany ? `${severity} ${code} (others)` : whole;
    const cause = this.#causes.get(key);
    const told = isMany ? '(others)' : about;
    if (cause === undefined) {
      this.#causes.set(key, {
        severity,
        code,
        ...(told !== undefined && { about: told }),
        count: 1,
      });
    } else cause.count++;
    if (severity === 'information') return;
    const list = severity === 'error' ? this.#errors : this.#warnings;
    if (list.length < mostListed) list.push({ ...place, ...issue });
  }

  tell(output: Output, packages: readonly LoadedPackage[]): void {
    const { resources, refused } = this;
    const causes = [...this.#causes.values()].toSorted((one, other) => other.count - one.count);
    const listed = [...this.#errors, ...this.#warnings].slice(0, mostListed);
    const value = {
      format: 'handover-validate/1',
      packages,
      resources,
      refused,
      causes,
      issues: listed,
    };
    output.data(value, () => [
      `${several(resources, 'resource')}, ${counted(refused)} refused`,
      ...causes.map(({ severity, code, about = '', count }) =>
        `${count.toLocaleString('en-US').padStart(9)}  ${severity.padEnd(11)}  ${code} ${about}`.trimEnd(),
      ),
      ...listed.map(({ file, line, severity, code, path: at }) =>
        `${file}${line === undefined ? '' : `:${line}`}  ${severity}  ${code}  ${at}`.trimEnd(),
      ),
      ...refusalLines(causes.map(({ code }) => code)),
    ]);
  }
}
