import { listOf } from '../bundleIndex.ts';
import { numberText } from '../primitives.ts';
import { resolveReference } from '../references.ts';
import { type FhirJson, textOf } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Types of `answer.value[x]` by the type of the question. */
const values: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    boolean: ['valueBoolean'],
    decimal: ['valueDecimal', 'valueInteger'],
    integer: ['valueInteger'],
    date: ['valueDate'],
    dateTime: ['valueDateTime'],
    time: ['valueTime'],
    string: ['valueString'],
    text: ['valueString'],
    url: ['valueUri'],
    choice: [
      'valueCoding',
      'valueInteger',
      'valueDate',
      'valueTime',
      'valueString',
      'valueReference',
    ],
    'open-choice': [
      'valueCoding',
      'valueInteger',
      'valueDate',
      'valueTime',
      'valueString',
      'valueReference',
    ],
    attachment: ['valueAttachment'],
    reference: ['valueReference'],
    quantity: ['valueQuantity'],
  }),
);

const deepest = 60;

/** Responses to a questionnaire that is at hand (R4 §2.41): its questions, their types and number. */
export function questionnaireResponseRule(response: FhirJson, walk: Walk): void {
  const { questionnaire } = response;
  if (typeof questionnaire !== 'string') return;
  const found = resolveReference(questionnaire.split('|')[0] ?? '', walk.holder);
  if (found?.['resourceType'] !== 'Questionnaire') return;
  const status = response['status'];
  const isWhole = status === 'completed' || status === 'amended';
  judgeItems(listOf(response['item']), listOf(found['item']), isWhole, walk, 0);
}

function judgeItems(
  items: readonly FhirJson[],
  questions: readonly FhirJson[],
  isWhole: boolean,
  walk: Walk,
  depth: number,
): void {
  if (depth > deepest) return;
  const order = new Map(questions.map(({ linkId }, at) => [linkId, at]));
  let last = -1;
  for (const [at, item] of items.entries()) {
    const place = order.get(item['linkId']);
    walk.enter('item', at);
    if (place === undefined) walk.error('question-unknown', 'linkId');
    else {
      if (place < last) walk.error('question-order', 'linkId');
      last = Math.max(last, place);
      judgeItem(item, questions[place] ?? {}, isWhole, walk, depth);
    }
    walk.leave();
  }
  for (const { linkId, required, enableWhen } of questions) {
    const isAsked = isWhole && required === true && enableWhen === undefined;
    if (isAsked && !items.some((item) => item['linkId'] === linkId))
      walk.error('answer-required', 'item');
  }
}

function judgeItem(
  item: FhirJson,
  question: FhirJson,
  isWhole: boolean,
  walk: Walk,
  depth: number,
): void {
  const { type, repeats, maxLength } = question;
  const answers = listOf(item['answer']);
  const inner = listOf(question['item']);
  if (type === 'group' || type === 'display') {
    if (answers.length > 0) walk.error('answer-not-asked', 'answer');
    return judgeItems(listOf(item['item']), inner, isWhole, walk, depth + 1);
  }
  if (answers.length > 1 && repeats !== true) walk.error('answer-too-many', 'answer');
  for (const [at, answer] of answers.entries()) {
    walk.enter('answer', at);
    const given = Object.keys(answer).find((key) => key.startsWith('value'));
    const allowed = values.get(textOf(type));
    if (given !== undefined && allowed?.includes(given) === false)
      walk.error('answer-type', 'value');
    const text = answer['valueString'];
    const most = Number(numberText(maxLength) ?? Infinity);
    if (typeof text === 'string' && text.length > most) walk.error('value-too-long', 'value');
    judgeItems(listOf(answer['item']), inner, isWhole, walk, depth + 1);
    walk.leave();
  }
}
