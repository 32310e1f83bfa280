import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hl7Message as PeerMessage } from '@medplum/core';
import { sha256Hex } from '../src/base/digest.ts';
import { parseMessage } from '../src/formats/hl7v2/message.ts';
import { convertMessage } from '../src/mapping/library/hl7v2/convert.ts';
import { rate } from './rate.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

/** What both sides read of a message: 17 fields of six segments, as components. */
const reads: readonly (readonly [segment: string, field: number, component: number])[] = [
  ['MSH', 3, 1],
  ['MSH', 7, 1],
  ['MSH', 9, 2],
  ['MSH', 10, 1],
  ['PID', 3, 1],
  ['PID', 5, 1],
  ['PID', 5, 2],
  ['PID', 7, 1],
  ['PID', 8, 1],
  ['PID', 11, 3],
  ['PV1', 2, 1],
  ['PV1', 3, 1],
  ['PV1', 19, 1],
  ['OBR', 4, 1],
  ['OBX', 3, 1],
  ['OBX', 5, 1],
  ['OBX', 11, 1],
];

const rounds = 7;

/**
 * HL7 v2, one thread: messages parsed and 17 fields read, ours with every escape decoded, beside
 * `@medplum/core`, which decodes none; and messages to FHIR resources, and to their JSON.
 */
export function benchHl7v2(): BenchResult {
  const messages = messagesOf();
  // Both sides read the same: what the peer refuses (a byte order mark) is left out.
  const both = messages.filter((bytes) => isReadByPeer(bytes.toString()));
  const texts = both.map((bytes) => bytes.toString());
  let read = 0;
  const peer: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(rate(both, (bytes) => (read += readOurs(bytes))));
    peer.push(rate(texts, (text) => (read += readPeer(text))));
  }
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  const convert = (bytes: Buffer): object[] => {
    const message = parseMessage(bytes);
    return message === undefined
      ? []
      : convertMessage(message, { identify, zone: undefined }).resources;
  };
  const converted: number[] = [];
  const written: number[] = [];
  for (let round = 0; round < rounds; round++) {
    converted.push(rate(messages, (bytes) => (read += convert(bytes).length)));
    written.push(rate(messages, (bytes) => (read += JSON.stringify(convert(bytes)).length)));
  }
  return benchResult({
    bench: 'hl7v2',
    compared: 'messages parsed with 17 field reads, escapes decoded, beside @medplum/core without',
    ratio: rounded(median(ours) / median(peer)),
    goal: { least: 2 },
    figures: {
      messages: messages.length,
      'of them read by both': both.length,
      'parsed a second': Math.round(median(ours)),
      'parsed a second by @medplum/core': Math.round(median(peer)),
      'converted to FHIR a second (goal 5,000)': Math.round(median(converted)),
      'converted and written as JSON a second': Math.round(median(written)),
      'values and resources seen': read,
    },
  });
}

function messagesOf(): Buffer[] {
  const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const folder = path.join(process.env['HANDOVER_SHARED'] ?? beside, 'hl7v2/msfhir/messages');
  return readdirSync(folder).map((name) => readFileSync(path.join(folder, name)));
}

function isReadByPeer(text: string): boolean {
  try {
    PeerMessage.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readOurs(bytes: Buffer): number {
  const message = parseMessage(bytes);
  if (message === undefined) return 0;
  let length = 0;
  for (const [name, field, component] of reads) {
    const segment = message.segments.find((each) => each.name === name);
    if (segment !== undefined) length += segment.text(field, component).length;
  }
  return length;
}

function readPeer(text: string): number {
  const message = PeerMessage.parse(text);
  let length = 0;
  for (const [name, field, component] of reads) {
    const segment = message.getSegment(name);
    length += segment?.getField(field)?.getComponent(component)?.length ?? 0;
  }
  return length;
}
