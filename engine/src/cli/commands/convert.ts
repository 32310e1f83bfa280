import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { encodeBase32 } from '../../base/base32.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import type { FhirVersion } from '../../formats/fhirVersions/versions.ts';
import { timeZone } from '../../formats/zones.ts';
import { Conversion } from '../convert/conversion.ts';
import { inputFailure, inputFiles } from '../convert/inputFiles.ts';
import { GzipProblem, inputBytes, plainName } from '../convert/inputStream.ts';
import { NewFile } from '../convert/newFile.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from '../convert/reader.ts';
import { convertReaders } from '../convert/readers.ts';
import type { ConvertReport } from '../convert/report.ts';
import type { Output } from '../output.ts';
import type { Environment } from '../project.ts';

export interface ConvertOptions {
  from: string;
  to: 'fhir';
  as: 'bundles' | 'resources';
  /** Of FHIR that is read. */
  fhirVersion: FhirVersion;
  /** Of FHIR that is written. */
  toFhirVersion?: FhirVersion;
  timeZone?: string;
  strict?: boolean;
  /** The file for the acknowledgements. */
  ack?: string;
}

/**
 * `handover convert`: documents of a file or folder to FHIR, by the rules that a run maps them with.
 * OUT is NDJSON, a line for each document or resource; it takes its name when it is whole.
 */
export async function convertCommand(
  output: Output,
  environment: Environment,
  input: string,
  out: string,
  options: ConvertOptions,
): Promise<ExitCode> {
  const reader = convertReaders[options.from] as ConvertReader;
  const settings = convertSettings(options, environment);
  if (options.ack !== undefined && reader.acknowledges !== true) throw notAcknowledged();
  if ((options.toFhirVersion ?? 'R4') !== 'R4' && options.from !== 'fhir')
    throw onlyFhirOtherwise();
  const files = await inputFiles(input, reader, output);
  const target = await NewFile.create(out);
  const answers = options.ack === undefined ? undefined : await created(options.ack, target);
  const as = reader.resources === true ? 'resources' : options.as;
  const conversion = new Conversion(target, answers, as);
  try {
    for (const file of files) {
      const name = path.relative(path.dirname(input), file);
      for await (const document of documentsOf(file, reader, settings)) {
        await conversion.add(name, document);
      }
      conversion.settle();
      // Lines of resources there may be none; no sender makes an empty file of anything else.
      const mayBeEmpty = reader.resources === true && /\.(ndjson|jsonl)$/i.test(plainName(file));
      const isEmpty = !mayBeEmpty && (await stat(file)).size === 0;
      if (isEmpty) conversion.report.refuse(name, { offset: 0 }, 'file-empty');
    }
    await answers?.finish();
    await target.finish();
  } catch (error) {
    await answers?.abandon();
    await target.abandon();
    throw error;
  }
  const { report } = conversion;
  report.tell(output, files.length);
  return convertExit(report, options.strict);
}

/** What is refused is the word of `--strict`; where everything is, nobody needs to ask for it. */
export function convertExit(report: ConvertReport, strict = false): ExitCode {
  const held = report.isNothing || (strict && report.refused > 0);
  return held ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

/** A second new file; where it cannot be made, there is no first one either. */
async function created(file: string, first: NewFile): Promise<NewFile> {
  try {
    return await NewFile.create(file);
  } catch (error) {
    await first.abandon();
    throw error;
  }
}

function notAcknowledged(): HandoverError {
  return new HandoverError(
    'acknowledgement-unknown',
    'Documents of that format are not acknowledged.',
    { exitCode: exitCodes.usage, next: 'Leave --ack out, or convert --from x12.' },
  );
}

function onlyFhirOtherwise(): HandoverError {
  return new HandoverError(
    'conversion-unknown',
    'Documents become FHIR R4, and no other version.',
    {
      exitCode: exitCodes.usage,
      next: 'Convert to R4 first, then that with --from fhir --to fhir --to-fhir-version.',
    },
  );
}

/**
 * Ids are keyed digests: nobody can find a number by trying all of them. One key for this conversion
 * alone, unless the environment has one, by which later conversions give the same ids.
 */
export function idDigest(environment: Environment): ReturnType<typeof hmacSha256Hex> {
  const secret = environment.HANDOVER_ID_KEY;
  return hmacSha256Hex(secret === undefined ? systemRandom.bytes(32) : Buffer.from(secret));
}

/** @throws HandoverError `time-zone-unknown` (exit 2). */
export function convertSettings(
  options: Omit<ConvertOptions, 'to'>,
  environment: Environment,
): ReaderSettings {
  const named = options.timeZone;
  const zone = named === undefined ? undefined : timeZone(named);
  if (named !== undefined && zone === undefined) {
    throw new HandoverError('time-zone-unknown', 'There is no time zone of that name.', {
      exitCode: exitCodes.usage,
      next: 'Name one of the IANA database, such as America/Chicago.',
    });
  }
  const digest = idDigest(environment);
  const identify = (key: string): string =>
    encodeBase32(Buffer.from(digest(key).slice(0, 32), 'hex'));
  return {
    identify,
    zone,
    fhirVersion: options.fhirVersion,
    ...(options.toFhirVersion !== undefined && { toFhirVersion: options.toFhirVersion }),
    ...(options.ack !== undefined && { acknowledge: systemClock.now() }),
  };
}

/**
 * Documents of a file; one that is compressed and breaks off is refused behind what came before.
 * @throws HandoverError `input-missing` for one that the system does not let be read.
 */
export async function* documentsOf(
  file: string,
  reader: ConvertReader,
  settings: ReaderSettings,
): AsyncGenerator<ConvertedDocument> {
  try {
    yield* reader.read(inputBytes(file), settings, plainName(file));
  } catch (error) {
    if (!(error instanceof GzipProblem)) throw inputFailure(file, error);
    const nothing = { offset: 0, resources: [], unread: [], issues: [] };
    yield { ...nothing, refused: 'gzip-unreadable' };
  }
}
