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
    | 'subject-missing'
    /** The structure of the message has no such segment there: it was read with what stands before it. */
    | 'segment-misplaced';
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
  readonly #names: Names;
  /** By type and key, as one text; of types that do not recur. */
  readonly #known = new Map<string, Resource>();
  readonly #turns = new Map<string, number>();
  /** What is this message's own: nothing in another can be the same. */
  readonly own = new Set<Resource>();
  /** Tells this conversion from all others of its names. */
  readonly #number: number;
  /** What was said of each key first, and, once more was, which of its resources says what. */
  readonly #stated = new Map<string, Segment | Map<string, number>>();
  /** Keys of vaccines that were told of, by the words of the segment that did. */
  readonly doses = new Map<string, string>();
  readonly takenBack = new Map<Resource, readonly TakenBack[]>();
  /** Said more than once in the same words. */
  readonly repeated = new Set<Resource>();

  constructor(message: Hl7Message, settings: ConversionSettings) {
    this.message = message;
    this.header = message.segments[0] as Segment;
    this.#names = namesBy(settings.identify);
    this.#number = this.#names.next();
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
    if (key === undefined) return this.#ownOf(type);
    const ids = this.#names.recurring.get(type);
    if (ids !== undefined) return this.#recurring(type, key, ids);
    const name = `${type}|${key}`;
    let resource = this.#known.get(name);
    if (resource === undefined) {
      resource = this.#begin(type, this.#names.identify(name));
      this.#known.set(name, resource);
    }
    return resource;
  }

  #ownOf(type: string): Resource {
    const name = `${type}|${this.messageKey}|${this.#turn(type)}`;
    const resource = this.#begin(type, this.#names.identify(name));
    this.own.add(resource);
    return resource;
  }

  /** One look-up for both: its id, and whether this message has named it before. */
  #recurring(type: string, key: string, ids: Map<string, Name>): Resource {
    const name = ids.get(key) ?? this.#names.remember(type, key, ids);
    if (name.by === this.#number) return this.resources[name.at] as Resource;
    name.by = this.#number;
    name.at = this.resources.length;
    return this.#begin(type, name.id);
  }

  #begin(resourceType: string, id: string): Resource {
    const resource = { resourceType, id };
    this.resources.push(resource);
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
    const id = reference.slice(reference.indexOf('/') + 1);
    return this.resources.find(
      (each) => each.id === id && referenceTo(each).reference === reference,
    );
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

/** What the messages of a feed name again and again: a digest costs more than looking it up. */
const recurringTypes = 'Device Location Organization Practitioner PractitionerRole'.split(' ');

/** Names of a type that are remembered from message to message. */
const mostRemembered = 10_000;

/** What a feed names again and again. */
interface Name {
  id: string;
  /** The conversion that named it last, and where among its resources it stands. */
  by: number;
  at: number;
}

/** The names that a feed's messages give, with their ids. */
class Names {
  readonly identify: ConversionSettings['identify'];
  /** By type, then by key. */
  readonly recurring = new Map(recurringTypes.map((type) => [type, new Map<string, Name>()]));
  #conversions = 0;

  constructor(identify: ConversionSettings['identify']) {
    this.identify = identify;
  }

  /** A number for a conversion, which ends before the next one begins. */
  next(): number {
    // Bounded: names come from messages. Never within one, which would lose what it named.
    for (const names of this.recurring.values()) if (names.size > mostRemembered) names.clear();
    return ++this.#conversions;
  }

  remember(type: string, key: string, names: Map<string, Name>): Name {
    const name = { id: this.identify(`${type}|${key}`), by: 0, at: 0 };
    names.set(key, name);
    return name;
  }
}

const namesOf = new WeakMap<ConversionSettings['identify'], Names>();

function namesBy(identify: ConversionSettings['identify']): Names {
  let names = namesOf.get(identify);
  if (names === undefined) {
    names = new Names(identify);
    namesOf.set(identify, names);
  }
  return names;
}
