import type { Json, JsonObject } from '../base/json.ts';

/** Types of resources of which records are linked, in the order in which they are. */
export const linkedTypes = [
  'Patient',
  'Practitioner',
  'Organization',
  'Location',
  'HealthcareService',
] as const;
export type LinkedType = (typeof linkedTypes)[number];

/** Types of resources of which the same thing may come by several roads, and one stands for all. */
export const itemTypes = [
  'AllergyIntolerance',
  'Condition',
  'Immunization',
  'Observation',
  'Coverage',
] as const;
export type ItemType = (typeof itemTypes)[number];

export function isItem(type: string): type is ItemType {
  return (itemTypes as readonly string[]).includes(type);
}

/** A pair that the machine links under a pinned model, or that a source says is one (HL7 A40). */
export interface PersonLink {
  /** Stable ids of two resources of one type. */
  left: string;
  right: string;
  /** Match weight. */
  weight: number;
  /** Why: a code, never a value. */
  reason: string;
}

/** A human's word on a pair, which outranks the machine's. */
export interface PersonDecision {
  left: string;
  right: string;
  same: boolean;
  /** Later decisions have higher ones. */
  ordinal: number;
}

/** A pair that a human is asked about; twice the same: a record overwritten by another person's. */
export interface PersonQuestion {
  left: string;
  right: string;
  weight: number;
  /** Pairs of records that an answer settles. */
  settles: number;
  /** What stands between the pair and a link: codes. */
  alarms: readonly string[];
}

/** A record that leads to another one's chart. */
export interface Charted extends KeptOnChart {
  record: string;
  chart: string;
}

/**
 * A chart that its run does not make, brought along by a record beside the record's own Patient: it gains
 * what leads to it, or loses what an earlier run added for the record.
 */
export interface BroughtChart {
  record: string;
  chart: string;
  /** The chart without what the run makes of it, canonical. */
  former: string;
  /** Labels and restrictions that it is guarded by. */
  guards: readonly string[];
}

/** What a chart keeps of a record that leads to it. */
export interface KeptOnChart {
  /** FHIR R4. */
  identifiers: readonly Json[];
  /** Labels, codings of `meta.security`: a merge lowers none. */
  security: readonly Json[];
  /** Labels and restrictions that the draft is guarded by. */
  guards: readonly string[];
  /** Of a thing that came by several roads: the elements that the chart lacks, FHIR R4. */
  elements?: JsonObject;
  /**
   * Of the first record of a run that leads to a chart of an earlier one: the Patient of that chart as it
   * was written there, canonical. The record brings it along, so that it gains what the chart keeps.
   */
  former?: string;
  /** An earlier run put the record's own Patient to the target: from now on it leads to the chart. */
  replaced?: true;
}
