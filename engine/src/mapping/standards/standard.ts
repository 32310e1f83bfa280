import type { TimeZone } from '../../formats/zones.ts';
import type { DocumentMediaType } from '../../model/record.ts';
import type { TakenBack } from '../telling.ts';
import type { Resource } from '../library/resource.ts';

/** Mapping of documents by a published standard; a mapping file names it. */
export interface Standard {
  /** Its name in mapping files. */
  name: string;
  /** Records that it reads. */
  mediaType: DocumentMediaType;
  /** Raised when the same document comes to mean something else, so that drafts are made again. */
  version: number;
  /** Issues for which a document is held: half of what it says would look whole. */
  holding: ReadonlySet<string>;
  /** Types of resources that it can make. */
  resources: readonly string[];
  map(bytes: Buffer, settings: StandardSettings): MappedDocument;
}

export interface StandardSettings {
  /** The id of a resource, from what tells it apart; the text begins with its type and a bar. */
  identify: (key: string) => string;
  /** Zone of times that are written without one, where the documents say none. */
  zone: TimeZone | undefined;
}

/** What became of one document. */
export interface MappedDocument {
  /** Why nothing is made of it, and where. */
  refused?: { code: string; path: string };
  /** When it was written, in a form that compares; empty where it does not say. */
  moment: string;
  resources: readonly Resource[];
  /** Of these no other document can tell anything. */
  isOwn(resource: Resource): boolean;
  /** What it takes back of a resource that others told of. */
  takenBack?: ReadonlyMap<Resource, readonly TakenBack[]>;
  /** Paths of populated input that no rule touched. */
  unread: readonly string[];
  issues: readonly { code: string; path: string }[];
}

/** A document of which nothing is made. */
export function refused(code: string, path = ''): MappedDocument {
  const nothing = { moment: '', resources: [], unread: [], issues: [], isOwn: () => true };
  return { ...nothing, refused: { code, path } };
}
