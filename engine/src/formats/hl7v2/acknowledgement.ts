import { usualDelimiters } from './delimiters.ts';
import { rawComponent, type MessageHeader } from './header.ts';
import { parseMessage } from './message.ts';
import { segmentsText, type WrittenField, type WrittenSegment } from './writer.ts';

/** Codes of HL7 table 0357 (message error condition) that we answer with. */
const conditions = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  207: 'Application internal error',
} as const;

export type ErrorCondition = keyof typeof conditions;

/** Why a message is not taken. Nothing in it comes from the message. */
export interface Refusal {
  /**
   * `error`: something in the message must be mended (AE, CE). `reject`: it cannot be taken at all,
   * whatever is in it (AR, CR).
   */
  kind: 'error' | 'reject';
  condition: ErrorCondition;
  /** The field that it is about, of the header. */
  field?: number;
  /** A sentence for people who run the sender. */
  text: string;
}

/** Codes of HL7 table 0008: original mode, then enhanced mode. */
export type AcknowledgementCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

export interface Answer {
  /** Undefined for what does not begin with a usable header. */
  header: MessageHeader | undefined;
  /** Absent: the message is taken. */
  refusal?: Refusal;
  /** MSH-10 of the answer. */
  id: string;
  now: Date;
}

/**
 * The answer to a message (HL7 v2 chapter 2.9), or undefined when the sender wants none. Without
 * MSH-15 and MSH-16 that is original mode; with either, enhanced mode: a commit acknowledgement if
 * MSH-15 asks for one, else, if MSH-16 asks, one as in original mode, which the standard calls the
 * same. There is never more than one: what is taken is kept, and nothing more happens to it here.
 */
export function acknowledge(answer: Answer): Buffer | undefined {
  const text = acknowledgementText(answer);
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

/** The same, a character for each byte. */
export function acknowledgementText(answer: Answer): string | undefined {
  const header = answer.header?.isUsable === true ? answer.header : undefined;
  const code = codeOf(header, answer.refusal);
  if (code === undefined) return undefined;
  const segments = [
    headerSegment(answer, header),
    ...acknowledgementSegments(header, code, answer.refusal),
  ];
  return segmentsText(segments, { marks: header?.marks ?? usualDelimiters });
}

/** Whether the sender of a message waits for an answer to it, if it is taken. */
export function isAnswerWanted(header: MessageHeader | undefined): boolean {
  return codeOf(header, undefined) !== undefined;
}

function codeOf(
  header: MessageHeader | undefined,
  refusal: Refusal | undefined,
): AcknowledgementCode | undefined {
  const outcome = refusal === undefined ? 'A' : refusal.kind === 'error' ? 'E' : 'R';
  const accept = header?.segment.text(15) ?? '';
  const application = header?.segment.text(16) ?? '';
  if (accept === '' && application === '') return `A${outcome}`;
  if (isWanted(accept, outcome)) return `C${outcome}`;
  return isWanted(application, outcome) ? `A${outcome}` : undefined;
}

/** HL7 table 0155. What is not in it is answered: silence would hold the sender up. */
function isWanted(condition: string, outcome: 'A' | 'E' | 'R'): boolean {
  switch (condition) {
    case '':
    case 'NE':
      return false;
    case 'ER':
      return outcome !== 'A';
    case 'SU':
      return outcome === 'A';
    default:
      return true;
  }
}

/** Who received answers who sent, in the sender's own words. */
function headerSegment({ id, now }: Answer, header: MessageHeader | undefined): WrittenSegment {
  const marks = header?.marks ?? usualDelimiters;
  const echo = (field: number): WrittenField => ({ raw: header?.segment.field(field) ?? '' });
  const fields: WrittenField[] = [
    echo(5),
    echo(6),
    echo(3),
    echo(4),
    // None of the usual delimiters is in it; of others, one may be.
    marks === usualDelimiters ? { raw: timestamp(now) } : timestamp(now),
    '',
    kindOfAnswer(header),
    id,
    header?.segment.valued(11) === true ? echo(11) : 'P',
    header?.segment.valued(12) === true ? echo(12) : '2.5.1',
  ];
  if (header?.segment.valued(18) === true) fields.push('', '', '', '', '', echo(18));
  return { name: 'MSH', fields };
}

/** `ACK^A01^ACK`; the structure is named since v2.3.1. */
function kindOfAnswer(header: MessageHeader | undefined): WrittenField {
  if (header === undefined) return 'ACK';
  const event = rawComponent(header, 9, 2);
  const parts = ['ACK', event, ...(isSince(header, '2.3.1') ? ['ACK'] : [])];
  return { raw: (event === '' ? ['ACK'] : parts).join(header.marks.component) };
}

function acknowledgementSegments(
  header: MessageHeader | undefined,
  code: AcknowledgementCode,
  refusal: Refusal | undefined,
): WrittenSegment[] {
  const control: WrittenField = { raw: header?.segment.field(10) ?? '' };
  if (refusal === undefined) return [{ name: 'MSA', fields: [{ raw: code }, control] }];
  const { condition, field, text } = refusal;
  const coded = [String(condition), conditions[condition], 'HL70357'];
  if (!isSince(header, '2.5')) {
    const place = field === undefined ? ['', '', ''] : ['MSH', '1', String(field)];
    return [
      { name: 'MSA', fields: [code, control, text] },
      { name: 'ERR', fields: [[...place, coded]] },
    ];
  }
  const place = field === undefined ? '' : ['MSH', '1', String(field)];
  return [
    { name: 'MSA', fields: [code, control] },
    { name: 'ERR', fields: ['', place, coded, 'E', '', '', '', text] },
  ];
}

/** What has no readable version is answered as the versions since 2.5 are. */
function isSince(header: MessageHeader | undefined, version: string): boolean {
  const own = header?.segment.text(12) ?? '';
  return !/^2(\.\d){1,2}$/.test(own) || own >= version;
}

/** `20261127071530.000+0000` */
function timestamp(now: Date): string {
  const time = now.getTime();
  if (time !== written.time) {
    written = { time, text: `${now.toISOString().replace(/[-:TZ]/g, '')}+0000` };
  }
  return written.text;
}

/** The time written last: all answers of a commit have the same one. */
let written = { time: Number.NaN, text: '' };

/** What an answer says. */
export interface Acknowledgement {
  code: AcknowledgementCode;
  /** MSA-2: the control id of the message, as it is written there. */
  control: string;
  /** Codes of HL7 table 0357 (or the sender's own), as the ERR segments have them. */
  conditions: readonly string[];
}

/** Read an answer; undefined when it is none. */
export function readAcknowledgement(bytes: Buffer): Acknowledgement | undefined {
  const message = parseMessage(bytes);
  const answered = message?.segments.find(({ name }) => name === 'MSA');
  const code = answered?.text(1) ?? '';
  if (message === undefined || answered === undefined || !isCode(code)) return undefined;
  const errors = message.segments.filter(({ name }) => name === 'ERR');
  const found = errors.map((error) => {
    const since = error.text(3);
    return since === '' ? error.value(1).component(4).text(1) : since;
  });
  return {
    code,
    control: answered.field(2),
    conditions: found.filter((each) => /^[\w-]{1,20}$/.test(each)),
  };
}

function isCode(code: string): code is AcknowledgementCode {
  return /^[AC][AER]$/.test(code);
}
