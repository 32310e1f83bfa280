import type { HostileFile } from './hostileFile.ts';

const header = 'MSH|^~\\&|APP|HOSP|||202401021015+0100||ORU^R01|1|P|2.5';
const patient = 'PID|1||1^^^HOSP||DOE^JO||19800102|F';
const order = 'OBR|1|P1|F1|24323-8^Panel^LN|||202401020900';
const result = 'OBX|1|NM|2951-2^Sodium^LN||140|mmol/L|||||F';

export const usual = `${[header, patient, order, result].join('\r')}\r`;

const megabyte = 1024 * 1024;
const marks = (named: string): string => usual.replace('^~\\&', () => named);
const set = (name: string, value: string): string =>
  usual.replace('|P|2.5', `|P|2.5||||||${name}`).replace('DOE', () => value);
const field = (value: string): string => usual.replace('DOE^JO', () => value);
const line = (text: string): string => `${usual}${text}\r`;
const repeated = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');

/** HL7 v2 that is cut, endless, twisted or of something else. */
export const hl7v2Files: readonly HostileFile[] = [
  { what: 'nothing but NULs', bytes: Buffer.alloc(megabyte), outcome: 'hl7v2-no-message' },
  { what: 'nothing but line ends', bytes: '\r\n'.repeat(megabyte), outcome: 'nothing' },
  { what: 'nothing but spaces', bytes: ' '.repeat(megabyte), outcome: 'nothing' },
  { what: 'nothing but start blocks', bytes: '\x0b'.repeat(megabyte), outcome: 'nothing' },
  { what: 'nothing at all', bytes: '', outcome: 'nothing' },
  {
    what: 'bytes of a picture',
    bytes: Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7919) & 255)),
    outcome: 'hl7v2-no-message',
  },
  {
    what: 'an XML bomb',
    bytes: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    outcome: 'hl7v2-no-message',
  },
  { what: 'an X12 interchange', bytes: `ISA*00*${' '.repeat(99)}~`, outcome: 'hl7v2-no-message' },
  { what: 'JSON', bytes: '{"resourceType":"Bundle"}', outcome: 'hl7v2-no-message' },
  {
    what: 'UTF-16 with its mark',
    bytes: Buffer.from(`\ufeff${usual}`, 'utf16le'),
    outcome: 'refused',
  },
  { what: 'UTF-16 without', bytes: Buffer.from(usual, 'utf16le'), outcome: 'refused' },
  { what: 'UTF-8 with its mark', bytes: Buffer.from(`\ufeff${usual}`), outcome: 'read' },
  {
    what: 'a mark before every message',
    bytes: Buffer.from(`\ufeff${usual}`.repeat(3)),
    outcome: 'read',
  },
  { what: 'MSH and no more', bytes: 'MSH', outcome: 'hl7v2-unreadable' },
  { what: 'MSH| and no more', bytes: 'MSH|', outcome: 'read' },
  { what: 'MSH|^~\\& and no more', bytes: 'MSH|^~\\&', outcome: 'read' },
  {
    what: 'a hundred thousand times MSH',
    bytes: 'MSH'.repeat(100_000),
    outcome: 'hl7v2-unreadable',
  },
  {
    what: 'a hundred thousand headers alone',
    bytes: `${header}\r`.repeat(20_000),
    outcome: 'read',
  },
  { what: 'a message cut in a field', bytes: usual.slice(0, -20), outcome: 'read' },
  { what: 'a message cut in its header', bytes: usual.slice(0, 30), outcome: 'read' },
  { what: 'a message cut in its delimiters', bytes: usual.slice(0, 6), outcome: 'read' },
  { what: 'letters before the first message', bytes: `lost${usual}`, outcome: 'hl7v2-no-message' },
  { what: 'a lost line before the first message', bytes: `PID|1\r${usual}`, outcome: 'both' },
  { what: 'one character for two delimiters', bytes: marks('^^\\&'), outcome: 'read' },
  { what: 'the field separator among the others', bytes: marks('^|\\&'), outcome: 'read' },
  { what: 'letters as delimiters', bytes: marks('abcd'), outcome: 'read' },
  {
    what: 'a letter as field separator',
    bytes: usual.replaceAll('|', 'X'),
    outcome: 'hl7v2-unreadable',
  },
  {
    what: 'a space as field separator',
    bytes: usual.replaceAll('|', ' '),
    outcome: 'hl7v2-unreadable',
  },
  { what: 'a NUL as field separator', bytes: usual.replaceAll('|', '\0'), outcome: 'read' },
  { what: 'a quote as field separator', bytes: usual.replaceAll('|', '"'), outcome: 'read' },
  {
    what: 'a byte above ASCII as field separator',
    bytes: usual.replaceAll('|', '\xff'),
    outcome: 'read',
  },
  { what: 'twenty delimiters', bytes: marks('^~\\&#!@$%*()_+=-<>?;'), outcome: 'read' },
  { what: 'no delimiters', bytes: marks(''), outcome: 'read' },
  { what: 'a backslash at the end of every value', bytes: field('a\\|\\^\\&\\'), outcome: 'read' },
  { what: 'an escape that never ends', bytes: field(`\\X${'4'.repeat(100_000)}`), outcome: 'read' },
  {
    what: 'an escape of a megabyte',
    bytes: field(`\\X${'41'.repeat(megabyte / 2)}\\`),
    outcome: 'read',
  },
  { what: 'half a byte in an escape', bytes: field('\\X4\\'), outcome: 'read' },
  { what: 'an escape for a NUL', bytes: field('\\X00\\'), outcome: 'read' },
  {
    what: 'an escape for a line end and a segment',
    bytes: field('\\X0D\\PID|1||2'),
    outcome: 'read',
  },
  { what: 'a billion blank lines', bytes: field('\\.sp1000000000\\'), outcome: 'read' },
  {
    what: 'a thousand times a thousand lines',
    bytes: field('\\.sp1000\\'.repeat(1000)),
    outcome: 'read',
  },
  { what: 'half a million empty escapes', bytes: field('\\\\'.repeat(500_000)), outcome: 'read' },
  { what: 'control characters', bytes: field('a\x01\x02\x03\x07\x08\x1b[2Jb'), outcome: 'read' },
  { what: 'a start block inside of a value', bytes: field('a\x0bb'), outcome: 'read' },
  { what: 'an end block inside of a value', bytes: field('a\x1cb'), outcome: 'read' },
  { what: 'a field of 10 MB', bytes: () => field('A'.repeat(10 * megabyte)), outcome: 'read' },
  { what: 'a million components', bytes: field(`a${'^b'.repeat(megabyte)}`), outcome: 'read' },
  { what: 'a million repetitions', bytes: field(`a${'~b'.repeat(megabyte)}`), outcome: 'read' },
  { what: 'a million parts', bytes: field(`a${'&b'.repeat(megabyte)}`), outcome: 'read' },
  { what: 'a million fields', bytes: line(`PV1|1${'|b'.repeat(megabyte)}`), outcome: 'read' },
  {
    what: 'twenty thousand identifiers',
    bytes: usual.replace(
      '1^^^HOSP',
      repeated(20_000, (at) => `${at}^^^H~`),
    ),
    outcome: 'read',
  },
  {
    what: 'more segments than a message may have',
    bytes: () => `${usual}${'ZZZ|1\r'.repeat(250_000)}`,
    outcome: 'hl7v2-unreadable',
  },
  {
    what: 'thirty thousand results of one order',
    bytes: () => usual + repeated(30_000, (at) => `OBX|${at}|ST|c${at}||v\r`),
    outcome: 'read',
  },
  {
    what: 'ten thousand orders',
    bytes: () => usual + repeated(10_000, (at) => `OBR|${at}|P${at}|F${at}|c\rOBX|1|ST|c||v\r`),
    outcome: 'read',
  },
  {
    what: 'ten thousand notes',
    bytes: () => usual + repeated(10_000, (at) => `NTE|${at}||n${at}\r`),
    outcome: 'read',
  },
  {
    what: 'ten thousand diagnoses and a visit',
    bytes: () =>
      line(`PV1|1|I${'|'.repeat(52)}E1`) + repeated(10_000, (at) => `DG1|${at}|I10|c${at}\r`),
    outcome: 'read',
  },
  {
    what: 'ten thousand patients',
    bytes: () => usual + repeated(10_000, (at) => `PID|1||${at}^^^H||A^B\r`),
    outcome: 'read',
  },
  {
    what: 'ten thousand next of kin',
    bytes: () => usual + repeated(10_000, (at) => `NK1|${at}|A${at}^B|MTH\r`),
    outcome: 'read',
  },
  {
    what: 'segments that nobody knows',
    bytes: () =>
      usual +
      repeated(30_000, (at) => `Z${(at % 1296).toString(36).toUpperCase().padStart(2, '0')}|x\r`),
    outcome: 'read',
  },
  {
    what: 'lines that begin no segment',
    bytes: () => usual + 'xx\r'.repeat(200_000),
    outcome: 'read',
  },
  {
    what: 'a batch in a batch in a batch',
    bytes: `${'FHS|^~\\&\rBHS|^~\\&\r'.repeat(10_000)}${usual}BTS|1\rFTS|1\r`,
    outcome: 'read',
  },
  {
    what: 'a batch that lies about its count',
    bytes: `FHS|^~\\&\rBHS|^~\\&\r${usual}BTS|99\rFTS|99\r`,
    outcome: 'both',
  },
  { what: 'trailers without a batch', bytes: 'BTS|1\rFTS|1\r'.repeat(10_000), outcome: 'refused' },
  { what: 'a message in a message', bytes: usual.replace('DOE^JO', () => usual), outcome: 'read' },
  { what: 'half a UTF-8 character', bytes: set('UNICODE UTF-8', 'a\xc3'), outcome: 'read' },
  {
    what: 'UTF-8 that says it is ASCII',
    bytes: Buffer.from(set('ASCII', 'd\u00e9')),
    outcome: 'read',
  },
  { what: 'a set that nobody knows', bytes: set('KLINGON', 'a\xff'), outcome: 'read' },
  { what: 'ten thousand sets', bytes: set('8859/1~'.repeat(10_000), 'a\xff'), outcome: 'read' },
  {
    what: 'a shift to kanji that is never left',
    bytes: set('ISO IR87', '\x1b$B0!|^~'),
    outcome: 'read',
  },
  {
    what: 'shifts and nothing in them',
    bytes: set('ISO IR87', '\x1b$B'.repeat(200_000)),
    outcome: 'read',
  },
  {
    what: 'delimiters as second halves of kanji',
    bytes: set('ISO IR14', '\x83|\x83^\x83~\x83\\'),
    outcome: 'read',
  },
  {
    what: 'lead bytes and nothing after them',
    bytes: set('BIG-5', '\xa1'.repeat(100_000)),
    outcome: 'read',
  },
  { what: 'a date that never was', bytes: usual.replace('19800102', '19800230'), outcome: 'read' },
  {
    what: 'a date of a million digits',
    bytes: usual.replace('19800102', '1'.repeat(megabyte)),
    outcome: 'read',
  },
  {
    what: 'a number of a million digits',
    bytes: usual.replace('||140|', `||${'9'.repeat(megabyte)}|`),
    outcome: 'read',
  },
  {
    what: 'names of the prototype as codes',
    bytes: usual.replace('2951-2^Sodium^LN', '__proto__^constructor^toString'),
    outcome: 'read',
  },
  {
    what: 'names of the prototype as type and event',
    bytes: usual.replace('ORU^R01', '__proto__^constructor'),
    outcome: 'read',
  },
  {
    what: 'a picture that says it is base64',
    bytes: usual.replace('NM|2951-2^Sodium^LN||140', 'ED|x||^IM^PNG^Base64^!!!!'),
    outcome: 'read',
  },
  { what: 'markup in a name', bytes: field('<script>alert(1)</script>^&lt;'), outcome: 'read' },
  {
    what: 'a path in place of a reference',
    bytes: usual.replace('NM|2951-2^Sodium^LN||140', 'RP|x||../../etc/passwd^^AP^x'),
    outcome: 'read',
  },
];
