import type { Json } from '../../../base/json.ts';
import type { PersonRow } from './person.ts';

/** What a resource says of who or what it is of, for the linkage. */
export interface RecordIdentity {
  row: PersonRow;
  /** Ids of those that the source itself says it replaces, or was replaced by (HL7 A40, A47). */
  joined: readonly string[];
  /** The source says that another one stands in its place, or that it is out of use. */
  retired: boolean;
  identifiers: readonly Json[];
  /** Labels of the resource. */
  security: readonly Json[];
}
