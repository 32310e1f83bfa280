import type { Delimiters } from './delimiters.ts';
import { dataElementOf } from './elements.ts';
import type { Group, Interchange, TransactionResult } from './envelope.ts';
import type { X12Problem } from './problem.ts';
import { writeHeader, writeSegment } from './writer.ts';
import type { Written } from './writer.ts';

/** When and by which numbers an acknowledgement is written. */
export interface AcknowledgementSettings {
  /** `YYYYMMDD` and `HHMM`. */
  date: string;
  time: string;
  /** ISA13 and GS06 of what is written. */
  control: string;
}

type Codes = Readonly<Partial<Record<X12Problem['code'], string>>>;

const own: Delimiters = { element: '*', component: ':', repetition: '^', terminator: '~' };

/**
 * The 999 (005010X231) for every group of an interchange, in an interchange back to its sender; with a
 * TA1 before them. Groups must have been read with `acknowledge`.
 */
export function writeAcknowledgement(
  interchange: Interchange,
  groups: readonly Group[],
  settings: AcknowledgementSettings,
): string {
  const { header } = interchange;
  const { date, time, control } = settings;
  const lines = [
    writeHeader(
      {
        sender: [header.peek(7), header.peek(8)],
        receiver: [header.peek(5), header.peek(6)],
        date: date.slice(2),
        time,
        control,
        usage: header.peek(15),
      },
      own,
    ),
    writeInterchangeAcknowledgement(interchange),
    ...groups.flatMap((group, at) => functionalGroup(group, at + 1, settings)),
    write('IEA', [String(groups.length), control.padStart(9, '0').slice(-9)]),
  ];
  return lines.join('');
}

/** TA104 and TA105: what became of the envelope (X12.56). */
export function writeInterchangeAcknowledgement(interchange: Interchange): string {
  const { header, problems, verdict } = interchange;
  const status = { accepted: 'A', noted: 'E', refused: 'R' }[verdict];
  const first = problems.find(({ refuses }) => refuses === (verdict === 'refused'));
  const note = first === undefined ? '000' : interchangeNote(first);
  return write('TA1', [header.peek(13), header.peek(9), header.peek(10), status, note]);
}

/** TA105 (data element I18), where it is not "invalid control structure". */
const interchangeNotes: Codes = {
  'x12-control-number': '001',
  'x12-count-short': '021',
  'x12-count-over': '021',
  'x12-count-unreadable': '021',
  'x12-trailer-missing': '023',
};

function interchangeNote({ code, segment }: X12Problem): string {
  const isInside = code === 'x12-trailer-missing' && segment !== 'IEA';
  return isInside ? '022' : (interchangeNotes[code] ?? '022');
}

function functionalGroup(
  group: Group,
  number: number,
  settings: AcknowledgementSettings,
): string[] {
  const { header } = group;
  const control = String(number);
  const set = [
    write('ST', ['999', control.padStart(4, '0'), '005010X231A1']),
    write('AK1', [header.peek(1), header.peek(6), header.peek(8)]),
    ...group.results.flatMap(transactionLines),
    write('AK9', groupStatus(group)),
  ];
  set.push(write('SE', [String(set.length + 1), control.padStart(4, '0')]));
  const names = ['FA', header.peek(3), header.peek(2)];
  const { date, time } = settings;
  const begin = write('GS', [...names, date, time, control, 'X', '005010X231A1']);
  return [begin, ...set, write('GE', ['1', control])];
}

function transactionLines(result: TransactionResult): string[] {
  const { set, control, guide, problems, verdict } = result;
  const status = { accepted: 'A', noted: 'E', refused: 'R' }[verdict];
  const inside = problems.filter(({ code }) => setCodes[code] === undefined);
  const codes = problems.map(({ code }) => setCodes[code]).filter((code) => code !== undefined);
  if (inside.some((problem) => problem.refuses || verdict === 'noted')) codes.unshift('5');
  return [
    write('AK2', [set, control, guide]),
    ...inside.flatMap(segmentLines),
    write('IK5', [status, ...[...new Set(codes)].slice(0, 5)]),
  ];
}

/** IK502: what is wrong with a transaction as a whole (data element 618). */
const setCodes: Codes = {
  'x12-set-unsupported': '1',
  'x12-trailer-missing': '2',
  'x12-control-number': '3',
  'x12-count-short': '4',
  'x12-count-over': '4',
  'x12-count-unreadable': '4',
  'x12-guide-unknown': 'I6',
  'x12-guide-differs': 'I6',
};

/** IK304: what is wrong with a segment (data element 620), where it is not one of its elements. */
const segmentCodes: Codes = {
  'x12-segment-unreadable': '1',
  'x12-segment-unexpected': '2',
  'x12-segment-missing': '3',
  'x12-loop-repeated': '4',
  'x12-segment-repeated': '5',
  'x12-segment-unknown': '6',
  'x12-segment-misplaced': '7',
  'x12-loop-missing': 'I7',
};

/** IK403: what is wrong with an element (data element 621), where it is not its code. */
const elementCodes: Codes = {
  'x12-element-missing': '1',
  'x12-segment-too-long': '5',
  'x12-number-unreadable': '6',
  'x12-character-control': '6',
};

function segmentLines(problem: X12Problem): string[] {
  const { code, segment, position, loop, element, component } = problem;
  const status = segmentCodes[code] ?? '8';
  const isId = /^[A-Z][A-Z0-9]{1,2}$/.test(segment);
  const line = write('IK3', [isId ? segment : 'ZZZ', String(position), loopCode(loop), status]);
  if (status !== '8' || element === undefined) return [line];
  const place: Written = [
    component === undefined ? [String(element)] : [String(element), String(component)],
  ];
  const reference = dataElementOf(segment, element);
  // IK404, the value as it was sent, is left out: it may be a patient's.
  return [line, write('IK4', [place, reference?.toString() ?? '', elementCodes[code] ?? '7'])];
}

/** IK303 is LS01 or the loop's name where it is at most four characters long. */
const loopCode = (loop: string | undefined): string =>
  loop === undefined || loop.length > 6 ? '' : loop.slice(0, 6);

function groupStatus({ results, accepted, problems, trailer, transactions }: Group): string[] {
  const codes = problems.map(({ code, segment }) => groupCode(code, segment));
  const refused = problems.some(({ refuses }) => refuses);
  const noted = codes.length > 0 || results.some(({ verdict }) => verdict === 'noted');
  const all = accepted === transactions;
  const status = refused || accepted === 0 ? 'R' : !all ? 'P' : noted ? 'E' : 'A';
  const declared = trailer?.peek(1).trim() ?? '';
  const told = /^\d{1,6}$/.test(declared) ? declared : String(transactions);
  const counts = [told, String(transactions), String(refused ? 0 : accepted)];
  return [status, ...counts, ...new Set(codes)];
}

/** AK905: what is wrong with a group (data element 716). */
function groupCode(code: X12Problem['code'], segment: string): string {
  if (code === 'x12-trailer-missing' && segment === 'GE') return '3';
  if (code === 'x12-control-number') return '4';
  return '5';
}

function write(id: string, elements: readonly Written[]): string {
  return writeSegment(id, elements.map(safe), own);
}

/** Names that hold our delimiters are told without them: an acknowledgement must be readable. */
function safe(element: Written): Written {
  return typeof element === 'string' ? element.replace(/[*:^~\r\n]/g, ' ').trim() : element;
}
