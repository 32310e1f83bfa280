import { sha256Hex } from '../../../base/digest.ts';
import type { Hl7Message } from '../../../formats/hl7v2/message.ts';
import { Segment } from '../../../formats/hl7v2/segment.ts';
import { referenceTo } from '../resource.ts';
import { canTakeBack, type TakenBack } from '../../telling.ts';
import type { Element, Reference, Resource } from '../resource.ts';
import { fhirTime, offsetOf } from '../times.ts';
import type { DefaultZone } from '../times.ts';

/** A part of a message that could not be carried as it stands. Its value is never told. */
export interface ConversionIssue {
  code:
    | 'date-unreadable'
    | 'time-zone-missing'
    | 'number-unreadable'
    | 'code-unmapped'
    /** A status that is no code of its HL7 table. */
    | 'status-unknown'
    /** A value that is declared a number (OBX-2 `NM`) and is none: its words are kept. */
    | 'number-kept-as-text'
    | 'instant-imprecise'
    | 'subject-missing';
  /** `OBX-14`. */
  path: string;
}

export interface ConversionSettings {
  /** The id of a resource, from what tells it apart from all others. */
  identify: (key: string) => string;
  /** Zone of times without an offset in messages whose MSH-7 has none either. */
  zone: DefaultZone;
}

/**
 * Tells a message apart from all others: its bytes. Senders use a control id (MSH-10) again, for
 * another event or after a restart, and what two messages of one id make of nothing but themselves
 * (a header, a visit without a number) is not one thing.
 */
export function messageKeyOf({ bytes }: Hl7Message): string {
  return sha256Hex(bytes).slice(0, 32);
}

/** What is being made of one message. */
export class Conversion {
  readonly message: Hl7Message;
  readonly header: Segment;
  /** MSH-9.1 and MSH-9.2. */
  readonly type: string;
  readonly event: string;
  /** Tells this message apart where nothing in it does. */
  readonly messageKey: string;
  /** In the order of their first mention. */
  readonly resources: Resource[] = [];
  readonly issues: ConversionIssue[] = [];
  readonly #issued = new Set<string>();
  /** ORC segments of which something was made. */
  readonly ordered = new Set<Segment>();
  readonly #zone: DefaultZone;
  readonly #identify: Identify;
  /** By type and key, as one text. */
  readonly #known = new Map<string, Resource>();
  readonly #turns = new Map<string, number>();
  /** What was said of each key first, and, once more was, which of its resources says what. */
  readonly #stated = new Map<string, Segment | Map<string, number>>();
  /** Keys of vaccines that were told of, by the words of the segment that did. */
  readonly doses = new Map<string, string>();
  readonly takenBack = new Map<Resource, readonly TakenBack[]>();
  /** Said more than once in the same words. */
  readonly repeated = new Set<Resource>();
  /** By reference, those that were there when one was last looked for. */
  readonly #found = new Map<string, Resource>();

  constructor(message: Hl7Message, settings: ConversionSettings) {
    this.message = message;
    this.header = message.segments[0] as Segment;
    this.#identify = identifierBy(settings.identify);
    const type = this.header.value(9);
    this.type = type.text(1);
    this.event = type.text(2);
    this.messageKey = messageKeyOf(message);
    // MSH-7: its zone, where it has one, is that of all times of the message without one.
    this.#zone = offsetOf(this.header.value(7).part(1)) ?? settings.zone;
  }

  /**
   * The resource of that type and key, made at its first mention. `key` is what tells it apart from
   * all others of its type in any message; without one it is this message's own.
   */
  make(type: string, key: string | undefined): Resource {
    const name = `${type}|${key ?? `${this.messageKey}|${this.#turn(type)}`}`;
    let resource = this.#known.get(name);
    if (resource === undefined) {
      resource = { resourceType: type, id: this.#identify(type, name) };
      this.#known.set(name, resource);
      this.resources.push(resource);
    }
    return resource;
  }

  /**
   * The resource that a segment says whole: a result, a charge, a dose. A second segment of that key
   * that says something else is another one, so that neither is lost in the other; in the same words
   * (but for its set id) it is the same one said again.
   */
  state(type: string, key: string | undefined, segment: Segment): Resource {
    if (key === undefined) return this.make(type, undefined);
    const name = `${type}|${key}`;
    let known = this.#stated.get(name);
    if (known === undefined) {
      this.#stated.set(name, segment);
      return this.make(type, key);
    }
    if (known instanceof Segment) {
      known = new Map([[wordsOf(known), 1]]);
      this.#stated.set(name, known);
    }
    const words = wordsOf(segment);
    const turn = known.get(words) ?? known.size + 1;
    const resource = this.make(type, turn === 1 ? key : `${key}|${turn}`);
    if (known.has(words)) this.repeated.add(resource);
    else known.set(words, turn);
    return resource;
  }

  /**
   * Have a null take back what was told of a resource before; whether it can be. Of an element inside
   * one nothing is needed: it is told whole.
   */
  takeBack(target: Element, what: TakenBack): boolean {
    if (!('resourceType' in target)) return true;
    if (!canTakeBack(what)) return false;
    const resource = target as Resource;
    const known = this.takenBack.get(resource) ?? [];
    this.takenBack.set(resource, [...known, what]);
    return true;
  }

  /** How many of that kind were asked for before. */
  #turn(kind: string): number {
    const turn = this.#turns.get(kind) ?? 0;
    this.#turns.set(kind, turn + 1);
    return turn;
  }

  /** The resource that a reference of this message leads to. */
  find({ reference }: Reference): Resource | undefined {
    const found = this.#found;
    for (const each of this.resources.slice(found.size))
      found.set(referenceTo(each).reference, each);
    return found.get(reference);
  }

  /** Told once for a path, however many rules read it. */
  issue(code: ConversionIssue['code'], path: string): void {
    const key = `${code} ${path}`;
    if (this.#issued.has(key)) return;
    this.#issued.add(key);
    this.issues.push({ code, path });
  }

  /** A date or time as FHIR's `dateTime`. */
  time(written: string, path: string): string | undefined {
    if (written === '') return undefined;
    const time = fhirTime(written, this.#zone);
    if (time === undefined) this.issue('date-unreadable', path);
    else if (time.problem !== undefined) this.issue(time.problem, path);
    return time?.text;
  }
}

/** What a segment says, but for its set id. */
export function wordsOf(segment: Segment): string {
  return segment.raw.slice(4 + segment.field(1).length);
}

/** The id of a resource, by its type and that type and its key as one text. */
type Identify = (type: string, name: string) => string;

/** What the messages of a feed name again and again: a digest costs more than looking it up. */
const recurring = 'Device Location Organization Practitioner PractitionerRole'.split(' ');

/** Ids of a type that are remembered at once. */
const mostRemembered = 10_000;

const identifiers = new WeakMap<ConversionSettings['identify'], Identify>();

/** `identify` with a memory of its own. */
function identifierBy(identify: ConversionSettings['identify']): Identify {
  let known = identifiers.get(identify);
  if (known === undefined) {
    const remembered = new Map(recurring.map((type) => [type, new Map<string, string>()]));
    known = (type, name) => {
      const ids = remembered.get(type);
      if (ids === undefined) return identify(name);
      let id = ids.get(name);
      if (id === undefined) {
        id = identify(name);
        if (ids.size >= mostRemembered) ids.clear();
        ids.set(name, id);
      }
      return id;
    };
    identifiers.set(identify, known);
  }
  return known;
}
