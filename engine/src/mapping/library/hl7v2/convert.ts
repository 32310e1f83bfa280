import { groupSegments } from '../../../formats/hl7v2/grouping.ts';
import type { SegmentGroup } from '../../../formats/hl7v2/grouping.ts';
import type { Hl7Message } from '../../../formats/hl7v2/message.ts';
import { structureOf } from '../../../formats/hl7v2/structures.ts';
import { Conversion } from './conversion.ts';
import type { ConversionIssue, ConversionSettings } from './conversion.ts';
import type { TakenBack } from '../../telling.ts';
import type { Resource } from '../resource.ts';
import { Scope } from './scope.ts';
import { finishOrder, mapSegment, needsPatient } from './segmentMaps.ts';
import { tidyDocument } from './segments/documents.ts';
import { mapHeader } from './segments/header.ts';
import { tidyPrescription } from './segments/medications.ts';

/** What became of one message. */
export interface ConvertedMessage {
  /** `ADT^A01`. */
  type: string;
  /** The message header first; references are `Type/id` among them. */
  resources: Resource[];
  /** Those that no other message can tell of. */
  own: ReadonlySet<Resource>;
  /** Paths of populated fields that no rule touched: `PID-10`, `PV1-3.9`, `ZPI-1`. */
  unread: string[];
  issues: ConversionIssue[];
  /** What the message takes back of resources that others told of. */
  takenBack: ReadonlyMap<Resource, readonly TakenBack[]>;
}

/**
 * Convert a message by HL7's v2-to-FHIR tables, and by our own rules where they have none. Nothing
 * is thrown for what a message holds: what no rule understands is in `unread`, what could not be
 * carried as it stands in `issues`.
 */
export function convertMessage(
  message: Hl7Message,
  settings: ConversionSettings,
): ConvertedMessage {
  const conversion = new Conversion(message, settings);
  const { type, event } = conversion;
  const named = conversion.header.value(9).text(3);
  const groups = groupSegments(message.segments, structureOf(type, event, named));
  const header = mapHeader(conversion.header, conversion);
  const scope = new Scope();
  for (const name of groups.misplaced) conversion.issue('segment-misplaced', name);
  walk(groups, scope, conversion, header);
  const { resources } = conversion;
  for (const resource of conversion.repeated) onceEach(resource);
  for (const resource of resources) {
    if (resource.resourceType === 'DocumentReference') tidyDocument(resource);
    else if (resource.resourceType === 'MedicationRequest') tidyPrescription(resource);
  }
  return {
    type: `${type}^${event}`,
    resources,
    own: conversion.own,
    unread: unreadOf(message),
    issues: conversion.issues,
    takenBack: conversion.takenBack,
  };
}

/** Lists of what was said more than once have each of their items once. */
function onceEach(resource: Resource): void {
  for (const [name, list] of Object.entries(resource)) {
    if (!Array.isArray(list)) continue;
    resource[name] = [...new Map(list.map((item) => [JSON.stringify(item), item])).values()];
  }
}

function walk(group: SegmentGroup, scope: Scope, conversion: Conversion, header: Resource): void {
  for (const item of group.items) {
    if ('items' in item) walk(item, new Scope(scope), conversion, header);
    else if (item.name === 'MSH') continue;
    else if (needsPatient.has(item.name) && scope.get('patient') === undefined) {
      // Nothing clinical or financial is made of nobody: it stays unread, and is told.
      conversion.issue('subject-missing', item.name);
    } else mapSegment(item, scope, conversion, header);
  }
  finishOrder(scope, conversion);
}

/** Each path once. A path names its segment, so that only segments of one name share any. */
function unreadOf(message: Hl7Message): string[] {
  const unread: string[] = [];
  const told = new Map<string, number[]>();
  for (const segment of message.segments) {
    let known = told.get(segment.name);
    if (known === undefined) told.set(segment.name, (known = []));
    for (const path of segment.unread(known)) unread.push(path);
  }
  return unread;
}
