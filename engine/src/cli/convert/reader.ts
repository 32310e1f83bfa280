import type { TimeZone } from '../../formats/zones.ts';

/** What one document of a file became. */
export interface ConvertedDocument {
  /** Where it starts in its file, in bytes. */
  offset: number;
  /** FHIR resources, each with its id; references between them are `Type/id`. */
  resources: readonly object[];
  /** Paths of populated input that no rule touched. */
  unread: readonly string[];
  issues: readonly { code: string; path: string }[];
  /** Why nothing was made of it. */
  refused?: string;
}

export interface ReaderSettings {
  /** The id of a resource, from what tells it apart. */
  identify: (key: string) => string;
  /** Zone of times that are written without one, where the documents say none. */
  zone: TimeZone | undefined;
}

/** Converts the documents of one format; `convert --from` names it. */
export interface ConvertReader {
  summary: string;
  /** Names of its files in a folder. */
  files: RegExp;
  /** Documents of a file in their order, as its bytes come. Nothing is thrown for what they hold. */
  read(chunks: AsyncIterable<Buffer>, settings: ReaderSettings): AsyncIterable<ConvertedDocument>;
}
