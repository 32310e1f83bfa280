import { ccdaReader } from './ccdaReader.ts';
import { fhirReader } from './fhirReader.ts';
import { hl7v2Reader } from './hl7v2Reader.ts';
import type { ConvertReader } from './reader.ts';
import { x12Reader } from './x12Reader.ts';

/** Every format that `handover convert` reads, by the name that `--from` has for it. */
export const convertReaders: Readonly<Record<string, ConvertReader>> = {
  ccda: ccdaReader,
  fhir: fhirReader,
  hl7v2: hl7v2Reader,
  x12: x12Reader,
};
