import { writeDocument } from '../../mapping/library/ccda/writeChart.ts';
import { writeMessages } from '../../mapping/library/hl7v2/writeChart.ts';
import type { Writing } from '../../mapping/library/outward/chart.ts';
import { NewFile } from './newFile.ts';
import { NewFolder } from './newFolder.ts';

/** Where documents go; it takes its name when all of them are in it. */
export interface ChartTarget {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  abandon(): Promise<void>;
}

/** Writes the charts of patients in a format of messages or documents; `convert --to` names it. */
export interface ChartWriter {
  summary: string;
  create(out: string): Promise<ChartTarget>;
  documents(writing: Writing): Iterable<string>;
}

/** Every such format. */
export const chartWriters = {
  ccda: {
    summary: 'a folder of C-CDA R2.1 documents (CCD), one of each patient',
    create: (out) => NewFolder.create(out, 'xml'),
    documents: writeDocument,
  },
  hl7v2: {
    summary: 'a file of HL7 v2 messages (ADT, ORU, SIU)',
    create: (out) => NewFile.create(out, 'latin1'),
    documents: writeMessages,
  },
} as const satisfies Readonly<Record<string, ChartWriter>>;

export type ChartFormat = keyof typeof chartWriters;
