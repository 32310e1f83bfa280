import type { FhirVersion } from '../../formats/fhirVersions/versions.ts';
import type { TimeZone } from '../../formats/zones.ts';

/** What one document of a file became. */
export interface ConvertedDocument {
  /** Where it starts in its file, in bytes. */
  offset: number;
  /** The line of the file, from 1, where it stands, or what was refused: of a format that has lines. */
  line?: number;
  /** FHIR resources, each with its id; references between them are `Type/id`. */
  resources: readonly object[];
  /** Paths of populated input that no rule touched. */
  unread: readonly string[];
  issues: readonly { code: string; path: string }[];
  /** Why nothing was made of it. */
  refused?: string;
  /**
   * Where the larger thing starts that it is a part of, and that may still be refused: then a later
   * document withdraws it. It holds when one comes that is no part of that, or at the file's end.
   */
  provisional?: number;
  /** What was told provisionally of the thing that starts there does not hold. */
  withdraws?: number;
  /** An answer to who sent it, and no document. */
  acknowledgement?: string;
}

export interface ReaderSettings {
  /** The id of a resource, from what tells it apart. */
  identify: (key: string) => string;
  /** Zone of times that are written without one, where the documents say none. */
  zone: TimeZone | undefined;
  /** The version that FHIR resources are in. */
  fhirVersion?: FhirVersion;
  /** The version that they are written in. */
  toFhirVersion?: FhirVersion;
  /** Acknowledgements are written, as of that time. */
  acknowledge?: Date;
}

/** Converts the documents of one format; `convert --from` names it. */
export interface ConvertReader {
  summary: string;
  /** Names of its files in a folder. */
  files: RegExp;
  /** A document is a resource already, and a line of its own. */
  resources?: boolean;
  /** Whether senders are given an acknowledgement. */
  acknowledges?: boolean;
  /**
   * Documents of a file in their order, as its bytes come. Nothing is thrown for what they hold.
   * @param name the file's, where that tells how its documents stand in it
   */
  read(
    chunks: AsyncIterable<Buffer>,
    settings: ReaderSettings,
    name?: string,
  ): AsyncIterable<ConvertedDocument>;
}
