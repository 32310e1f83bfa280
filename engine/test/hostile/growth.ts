import { ccdaReader } from '../../src/cli/convert/ccdaReader.ts';
import { hl7v2Reader } from '../../src/cli/convert/hl7v2Reader.ts';
import type { ConvertReader } from '../../src/cli/convert/reader.ts';
import { x12Reader } from '../../src/cli/convert/x12Reader.ts';
import {
  billingProvider,
  claimLoop,
  interchange,
  professional,
  submitter,
  subscriber,
  transaction,
} from '../../src/formats/x12/testing.ts';
import { usual as document } from './ccdaFiles.ts';
import { usual as message } from './hl7v2Files.ts';

/** Something that a file may have many of, and a file with so many. */
export interface Growing {
  what: string;
  reader: ConvertReader;
  of: (count: number) => string;
}

const times = (count: number, piece: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => piece(at)).join('');

const hl7v2 = (what: string, of: (count: number) => string): Growing => ({
  what: `hl7v2: ${what}`,
  reader: hl7v2Reader,
  of,
});

const inText = (inside: string): string => document.replace('<list>', () => `${inside}<list>`);
const inBody = (inside: string): string =>
  document.replace('<structuredBody>', () => `<structuredBody>${inside}`);
const entry = (at: number): string =>
  `<entry><observation classCode="OBS" moodCode="EVN"><id root="1.2" extension="${at}"/><code code="${at}" codeSystem="2.16.840.1.113883.6.1"/><text><reference value="#t1"/></text><author><assignedAuthor><id root="1.9" extension="${at}"/></assignedAuthor></author></observation></entry>`;

const ccda = (what: string, of: (count: number) => string): Growing => ({
  what: `ccda: ${what}`,
  reader: ccdaReader,
  of,
});

const x12 = (what: string, of: (count: number) => string): Growing => ({
  what: `x12: ${what}`,
  reader: x12Reader,
  of,
});

const claims = (...more: readonly string[]): string =>
  interchange(
    professional,
    transaction(professional, [...submitter, ...billingProvider, ...subscriber, ...more]),
  );

/** What once took, or could take, the square of its number. */
export const growing: readonly Growing[] = [
  hl7v2('messages', (count) => message.repeat(count)),
  hl7v2(
    'results of an order',
    (count) => message + times(count, (at) => `OBX|${at}|ST|c${at}||v\r`),
  ),
  hl7v2('orders', (count) => message + times(count, (at) => `OBR|${at}|P${at}|F${at}|c^d^LN\r`)),
  hl7v2('notes', (count) => message + times(count, (at) => `NTE|${at}||n${at}\r`)),
  hl7v2(
    'diagnoses in an episode',
    (count) =>
      `${message}PV1|1|I${'|'.repeat(52)}E1\r${times(count, (at) => `DG1|${at}|I10|c${at}||||||||||||||||||||\r`)}`,
  ),
  hl7v2('identifiers of a patient', (count) =>
    message.replace(
      '1^^^HOSP',
      times(count, (at) => `${at}^^^H~`),
    ),
  ),
  hl7v2('lines that begin no segment', (count) => message + 'xx\r'.repeat(count * 8)),
  hl7v2('components', (count) => message.replace('DOE', `D${'^x'.repeat(count * 8)}`)),
  hl7v2('escapes', (count) => message.replace('DOE', '\\X4F\\'.repeat(count * 4))),
  hl7v2('stray lines and no message', (count) => 'MSX|1\r'.repeat(count * 8)),
  ccda('entries', (count) =>
    inBody(`<component><section>${times(count, entry)}</section></component>`),
  ),
  ccda('sections', (count) =>
    inBody(
      times(
        count,
        (at) => `<component><section><code code="${at}"/>${entry(at)}</section></component>`,
      ),
    ),
  ),
  ccda('attributes', (count) => inText(`<content${times(count * 4, (at) => ` a${at}="1"`)}/>`)),
  ccda('prefixes, one after another', (count) =>
    inText(times(count, (at) => `<p${at}:a xmlns:p${at}="u"/>`)),
  ),
  ccda('anchors', (count) => inText(times(count * 4, (at) => `<content ID="a${at}"/>`))),
  ccda('beginnings of comments', (count) => inText('<!-- -->'.repeat(count * 4))),
  ccda('spaces in a tag', (count) =>
    document.replace('<title>', `<title${' '.repeat(count * 16)}>`),
  ),
  ccda('ampersands', (count) => inText('&amp;'.repeat(count * 8))),
  x12('claims', (count) =>
    claims(
      ...claimLoop,
      ...Array.from({ length: count }, (_, at) => [
        `HL*${at + 3}*1*22*0`,
        ...subscriber.slice(1),
        ...claimLoop,
      ]).flat(),
    ),
  ),
  x12('levels with the same number', (count) =>
    claims(
      ...claimLoop,
      ...Array.from({ length: count }, () => ['HL*2*1*22*0', ...subscriber.slice(1)]).flat(),
    ),
  ),
  x12('transactions', (count) =>
    interchange(professional, transaction(professional, [...submitter]).repeat(count)),
  ),
  x12('segments that nobody knows', (count) =>
    claims(...claimLoop, ...Array.from({ length: count * 4 }, () => 'QQ*1')),
  ),
  x12('elements', (count) =>
    claims(...claimLoop, `NTE*ADD*x${'*y'.repeat(Math.min(count * 4, 30_000))}`),
  ),
  x12('beginnings', (count) => 'ISA*'.repeat(count * 8)),
];
