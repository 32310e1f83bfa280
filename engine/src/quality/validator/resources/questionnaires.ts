import { listOf } from '../bundleIndex.ts';
import { type FhirJson, textOf } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Types of `enableWhen.answer[x]` that an answer to a question of a type can be compared with. */
const answers: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    boolean: ['answerBoolean'],
    decimal: ['answerDecimal', 'answerInteger'],
    integer: ['answerInteger'],
    date: ['answerDate'],
    dateTime: ['answerDateTime'],
    time: ['answerTime'],
    string: ['answerString'],
    text: ['answerString'],
    url: ['answerString'],
    choice: [
      'answerCoding',
      'answerInteger',
      'answerDate',
      'answerTime',
      'answerString',
      'answerReference',
    ],
    'open-choice': [
      'answerCoding',
      'answerInteger',
      'answerDate',
      'answerTime',
      'answerString',
      'answerReference',
    ],
    reference: ['answerReference'],
    quantity: ['answerQuantity', 'answerDecimal', 'answerInteger'],
  }),
);

/** Questionnaires (R4 §2.40): conditions name another question, and a value that it may have. */
export function questionnaireRule(questionnaire: FhirJson, walk: Walk): void {
  const types = new Map<unknown, unknown>();
  collect(listOf(questionnaire['item']), types, 0);
  judgeItems(listOf(questionnaire['item']), types, walk, 0);
}

const deepest = 60;

function collect(items: readonly FhirJson[], types: Map<unknown, unknown>, depth: number): void {
  if (depth > deepest) return;
  for (const { linkId, type, item } of items) {
    types.set(linkId, type);
    collect(listOf(item), types, depth + 1);
  }
}

function judgeItems(
  items: readonly FhirJson[],
  types: ReadonlyMap<unknown, unknown>,
  walk: Walk,
  depth: number,
): void {
  if (depth > deepest) return;
  for (const [at, item] of items.entries()) {
    walk.enter('item', at);
    const conditions = listOf(item['enableWhen']);
    // The expression of que-12 asks from three on, its words from two on.
    if (conditions.length === 2 && item['enableBehavior'] === undefined) walk.error('que-12');
    for (const [index, condition] of conditions.entries()) {
      walk.enter('enableWhen', index);
      judgeCondition(condition, item, types, walk);
      walk.leave();
    }
    judgeItems(listOf(item['item']), types, walk, depth + 1);
    walk.leave();
  }
}

function judgeCondition(
  condition: FhirJson,
  item: FhirJson,
  types: ReadonlyMap<unknown, unknown>,
  walk: Walk,
): void {
  const { question, operator } = condition;
  if (typeof question !== 'string') return;
  if (!types.has(question)) return walk.error('question-unknown', 'question');
  if (question === item['linkId']) return walk.error('question-itself', 'question');
  const inside = new Map<unknown, unknown>();
  collect(listOf(item['item']), inside, 0);
  // It is looked for among ancestors and siblings (R4 §2.40.8, enableWhen.question), never below.
  if (inside.has(question)) return walk.error('question-inside', 'question');
  const given = Object.keys(condition).find((key) => key.startsWith('answer'));
  const allowed = answers.get(textOf(types.get(question)));
  if (given === undefined || allowed === undefined) return;
  if (operator === 'exists') {
    if (given !== 'answerBoolean') walk.error('que-7');
  } else if (!allowed.includes(given)) walk.error('answer-type', 'answer');
}
