/**
 * What the source says about one thing, declared apart from the mapping and computed by code that
 * the mapping does not share: the yardstick that a wrong mapping cannot bend.
 */
export interface Fact {
  /** Ordinal in the batch of the record that states it. */
  ordinal: number;
  /** Type and stable id of the resource that must carry the fact. */
  type: string;
  id: string;
  /** Stable id of the patient the fact is about; empty when it is about none. */
  subject: string;
  /** A word of the concept catalogue: `sex`, `birth-date`, `allergy-substance`. */
  concept: string;
  /** The value in the concept's canonical form (`1974-12-03`, `male`, `0.50`). */
  value: string;
  /** Code system, unit or currency that gives the value its meaning; empty when none. */
  system: string;
  /** Number of the element that says it, where the resource numbers them: `Claim.item.sequence`. */
  sequence?: string;
}

/** What the facts of one batch of records say, and where they could not be read. */
export interface FactBatch {
  facts: Fact[];
  /** Records that must yield nothing at the target, by declaration (deleted in the source …). */
  absent: AbsentResource[];
  /** Facts that could not be computed: never green. */
  unreadable: { ordinal: number; concept: string; code: string }[];
  /** When each record was written, as a text that compares, where several tell of one resource. */
  moments?: readonly string[];
  /**
   * By ordinal, the stable id of the Binary in which the resources have to be found, where they land as a
   * document and not by themselves; empty where the record does not say whose it is.
   */
  within?: readonly string[];
}

export interface AbsentResource {
  ordinal: number;
  type: string;
  id: string;
  /** Stable id of the patient that the record is about, where it names one. */
  subject?: string;
}
