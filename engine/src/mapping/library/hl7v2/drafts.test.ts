import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../../base/digest.ts';
import { parseJson, type JsonObject } from '../../../base/json.ts';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import { checkDraft } from '../../../quality/draftJudge.ts';
import { convertMessage } from './convert.ts';

const identify = (key: string): string => sha256Hex(key).slice(0, 32);

test('what an ADT becomes passes the check, whoever entered it is told or not', () => {
  for (const entered of ['', '123^Clerk^Ann']) {
    const lines = [
      'MSH|^~\\&|REG|NORTH|HUB|CITY|20240501083000||ADT^A01^ADT_A01|1|P|2.5.1',
      `EVN||20240501082900|||${entered}`,
      'PID|1||77^^^NORTH^MR||Doe^Jane||19700102|F',
      'PV1|1|I|W1^1^A',
      'IN1|1|COM|502|Prairie Mutual||||||||20241005|||||SEL|||||||||||||||||||COM15171660',
    ];
    const message = parseMessage(Buffer.from(lines.join('\r')));
    assert.ok(message !== undefined);
    const { resources } = convertMessage(message, { identify, zone: undefined });
    assert.ok(resources.length > 4);
    for (const resource of resources) {
      assert.deepEqual(checkDraft(parseJson(JSON.stringify(resource)) as JsonObject), []);
    }
  }
});
