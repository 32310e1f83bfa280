import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupSegments } from './grouping.ts';
import type { SegmentGroup } from './grouping.ts';
import { parseMessage } from './message.ts';
import { structureOf } from './structures.ts';

/** `PATIENT(PID) ORDER(ORC OBR)`: the groups of a message with these segments. */
function groups(type: string, names: string): string {
  const [first = '', event = ''] = type.split('_');
  const lines = names.split(' ').map((name) => `${name}|1`);
  const message = parseMessage(Buffer.from(`MSH|^~\\&|a\r${lines.join('\r')}`));
  assert.ok(message !== undefined);
  return shown(groupSegments(message.segments.slice(1), structureOf(first, event, '')));
}

function shown({ items }: SegmentGroup): string {
  return items
    .map((item) => ('items' in item ? `${item.name}(${shown(item)})` : item.name))
    .join(' ');
}

describe('HL7 v2 groups', () => {
  const cases: readonly [what: string, type: string, segments: string, groups: string][] = [
    [
      'an OBX belongs to its OBR',
      'ORU_R01',
      'PID ORC OBR OBX OBX OBR OBX',
      'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(ORC OBR OBSERVATION(OBX) OBSERVATION(OBX)) ORDER_OBSERVATION(OBR OBSERVATION(OBX)))',
    ],
    [
      'one about the patient does not',
      'ORU_R01',
      'PID OBX PV1 OBR OBX',
      'PATIENT_RESULT(PATIENT(PID PATIENT_OBSERVATION(OBX) VISIT(PV1)) ORDER_OBSERVATION(OBR OBSERVATION(OBX)))',
    ],
    [
      'two patients',
      'ORU_R01',
      'PID OBR OBX PID OBR',
      'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX))) PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR))',
    ],
    [
      'an OBX of a specimen',
      'ORU_R01',
      'PID OBR OBX SPM OBX',
      'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX) SPECIMEN(SPM SPECIMEN_OBSERVATION(OBX))))',
    ],
    [
      'a misplaced segment stays and opens nothing',
      'ORU_R01',
      'PID ORC PRT OBR OBX',
      'PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(ORC PRT OBR OBSERVATION(OBX)))',
    ],
    [
      'a late segment belongs to what is open',
      'RDE_O11',
      'PID ORC PRT TQ1 RXO RXR RXE',
      'PATIENT(PID) ORDER(ORC PRT TIMING(TQ1) ORDER_DETAIL(RXO RXR) RXE)',
    ],
    [
      'Z-segments stay with what they follow',
      'ADT_A01',
      'EVN PID ZPI PV1 ZPV',
      'EVN PID ZPI PV1 ZPV',
    ],
    ['insurances', 'ADT_A01', 'PID PV1 IN1 IN2 IN1', 'PID PV1 INSURANCE(IN1 IN2) INSURANCE(IN1)'],
    [
      'merges of several patients',
      'ADT_A40',
      'EVN PID MRG PID MRG',
      'EVN PATIENT(PID MRG) PATIENT(PID MRG)',
    ],
    [
      'charges of an order',
      'DFT_P03',
      'PID PV1 FT1 PR1 FT1',
      'PID PV1 FINANCIAL(FT1 FINANCIAL_PROCEDURE(PR1)) FINANCIAL(FT1)',
    ],
    ['a type that is not known is flat', 'XYZ_X01', 'PID OBR OBX', 'PID OBR OBX'],
  ];
  for (const [what, type, segments, expected] of cases) {
    test(what, () => assert.equal(groups(type, segments), expected));
  }

  test('what stands where the structure has none of it is named, header and Z-segments are not', () => {
    const lines = ['EVN|1', 'OBR|1', 'PID|1', 'ZPI|1', 'OBR|2', 'RXA|1'];
    const message = parseMessage(Buffer.from(`MSH|^~\\&|a\r${lines.join('\r')}`));
    const { misplaced } = groupSegments(message?.segments ?? [], structureOf('ADT', 'A01', ''));
    assert.deepEqual([...misplaced], ['OBR', 'RXA']);
  });
});
