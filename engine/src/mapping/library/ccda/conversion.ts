import type { XmlElement } from '../../../formats/xml/element.ts';
import type { Reference, Resource } from '../resource.ts';
import { referenceTo } from '../resource.ts';
import { fhirTime, offsetOf } from '../times.ts';
import type { DefaultZone } from '../times.ts';
import { isUuid } from './codeSystems.ts';
import { placeOf } from './place.ts';

/** A part of a document that could not be carried as it stands. Its value is never told. */
export interface CdaIssue {
  code:
    | 'date-unreadable'
    | 'time-zone-missing'
    | 'number-unreadable'
    | 'code-unmapped'
    | 'id-repeated'
    | 'negation-kept-out'
    | 'narrative-missing'
    | 'narrative-repeated'
    | 'subject-other'
    | 'template-unknown';
  /** `section(48765-2)/entry/act`. */
  path: string;
}

export interface CdaSettings {
  /** The id of a resource, from what tells it apart from all others. */
  identify: (key: string) => string;
  /** Zone of times without an offset in documents whose own time has none either. */
  zone: DefaultZone;
  /** Whose chart a fragment without a header belongs to. */
  subject?: Reference;
}

/** Elements between a document and the narratives in it. */
const around = new Set(['ClinicalDocument', 'component', 'structuredBody', 'section']);

/** Characters that entries may repeat of a narrative. */
const mostRepeated = 16 * 1024 * 1024;

/** What is being made of one document. */
export class Conversion {
  /** Tells what has no id of its own apart from the same in other documents. */
  readonly documentKey: string;
  readonly issues: CdaIssue[] = [];
  readonly #issued = new Set<string>();
  /** The person the chart is of; set when the header is read, before any entry. */
  subject: Reference | undefined;
  /** The visit that the document is of. */
  encounter: Reference | undefined;
  /** Who wrote the document: who asserts what no entry says otherwise of. */
  author: Reference | undefined;
  readonly #settings: CdaSettings;
  readonly #zone: DefaultZone;
  readonly #resources = new Map<string, Resource>();
  /** Elements that resources with ids of their own were made of. */
  readonly #sources = new Map<string, XmlElement>();
  readonly #turns = new Map<string, number>();
  /** Narrative by its anchors. */
  readonly #anchors = new Map<string, XmlElement>();
  readonly #words = new Map<XmlElement, string>();
  /** Characters of the narrative that entries said again. */
  #repeated = 0;

  constructor(roots: readonly XmlElement[], settings: CdaSettings) {
    this.#settings = settings;
    this.subject = settings.subject;
    const header = roots[0] as XmlElement;
    const { root, extension } = idOf(header.child('id'));
    this.documentKey = `${root ?? ''}|${extension ?? ''}`;
    const written = header.child('effectiveTime')?.peek('value') ?? '';
    this.#zone = offsetOf(written) ?? settings.zone;
    for (const each of roots) this.#anchorSections(each);
  }

  get resources(): Resource[] {
    return [...this.#resources.values()];
  }

  /** Narratives stand in sections alone: nothing else is searched. */
  #anchorSections(element: XmlElement): void {
    const { name } = element;
    if (name === 'text') this.#anchor(element);
    else if (around.has(name)) {
      for (const each of element.content) if (typeof each !== 'string') this.#anchorSections(each);
    }
  }

  #anchor(element: XmlElement): void {
    const id = element.peek('ID');
    if (id !== undefined && !this.#anchors.has(id)) this.#anchors.set(id, element);
    for (const each of element.content) if (typeof each !== 'string') this.#anchor(each);
  }

  /**
   * Words of the part of the narrative that `#id` points at; undefined when there is none. What many
   * entries point at is told by them only up to a length: the narrative itself is kept whole.
   */
  anchored(link: string, entry: XmlElement): string | undefined {
    const target = this.#anchors.get(link.replace(/^#/, ''));
    if (target === undefined) return undefined;
    let words = this.#words.get(target);
    if (words === undefined) {
      words = target.text;
      this.#words.set(target, words);
    } else this.#repeated += words.length;
    if (this.#repeated <= mostRepeated) return words;
    this.issue('narrative-repeated', entry);
    return '';
  }

  /**
   * A resource for that entry. The same id on another entry is not the same thing: it is told apart
   * by its turn, and an issue, so that one never overwrites the other.
   */
  make(type: string, entry: XmlElement): Resource {
    const own = idKey(entry.child('id'));
    const whole = own === undefined ? undefined : `${type}|${own}`;
    if (whole === undefined) return this.#add(type, this.#keyOfTurn(type));
    const before = this.#sources.get(whole);
    if (before === undefined) {
      this.#sources.set(whole, entry);
      return this.#add(type, whole);
    }
    if (before !== entry) this.issue('id-repeated', entry);
    return this.#add(type, this.#keyOfTurn(whole));
  }

  /**
   * A resource that several places of a document may speak of, made at its first mention; each
   * mention adds what those before it left open.
   */
  shared(type: string, key: string | undefined, tell: (made: Resource) => void): Reference {
    const whole = key === undefined ? this.#keyOfTurn(type) : `${type}|${key}`;
    const made = this.#resources.get(whole) ?? this.#add(type, whole);
    tell(made);
    return referenceTo(made);
  }

  /** A key that holds in this document alone. */
  own(name: string): string {
    return `${this.documentKey}|${name}`;
  }

  #keyOfTurn(kind: string): string {
    const turn = this.#turns.get(kind) ?? 0;
    this.#turns.set(kind, turn + 1);
    return `${kind}|${this.documentKey}|${turn}`;
  }

  #add(type: string, key: string): Resource {
    const made: Resource = { resourceType: type, id: this.#settings.identify(key) };
    this.#resources.set(key, made);
    return made;
  }

  /** Told once for a place. */
  issue(code: CdaIssue['code'], element: XmlElement): void {
    const path = placeOf(element);
    const key = `${code} ${path}`;
    if (this.#issued.has(key)) return;
    this.#issued.add(key);
    this.issues.push({ code, path });
  }

  /** A point in time (TS) as FHIR's `dateTime`. */
  time(element: XmlElement | undefined): string | undefined {
    const written = element?.attribute('value');
    if (element === undefined || written === undefined || written === '') return undefined;
    const time = fhirTime(written, this.#zone);
    if (time === undefined) this.issue('date-unreadable', element);
    else if (time.problem !== undefined) this.issue(time.problem, element);
    return time?.text;
  }
}

/**
 * What an instance identifier (II) tells apart by, in all documents; undefined where it tells
 * nothing: a null one, or an OID alone, which is as often a namespace as the name of one thing.
 */
export function idKey(id: XmlElement | undefined): string | undefined {
  const { root, extension } = idOf(id);
  if (root === undefined || root === '') return undefined;
  if (extension !== undefined && extension !== '') return `${root}|${extension}`;
  return isUuid(root) ? root.toLowerCase() : undefined;
}

function idOf(id: XmlElement | undefined): Record<'root' | 'extension', string | undefined> {
  return { root: id?.peek('root'), extension: id?.peek('extension') };
}
