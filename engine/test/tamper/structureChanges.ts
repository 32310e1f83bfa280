import { isJsonObject, JsonNumber } from '../../src/base/json.ts';
import type { Json } from '../../src/base/json.ts';
import { at, changeAt, dropped, onText, other } from './change.ts';
import type { Change } from './change.ts';
import type { Place } from './places.ts';

const isItem = ({ steps }: Place): boolean => typeof steps.at(-1) === 'number';
const everywhere = (): boolean => true;

/** Elements lost, doubled, moved or invented, whatever they are. */
export const structureChanges: readonly Change[] = [
  changeAt(
    'element-dropped',
    'any',
    (place) => !isItem(place),
    () => dropped,
  ),
  changeAt('item-dropped', 'any', isItem, () => dropped),
  changeAt('item-doubled', 'any', everywhere, (value, random) => {
    if (!Array.isArray(value)) return undefined;
    const index = random.integer(value.length);
    return value.toSpliced(index, 0, value[index] ?? null);
  }),
  changeAt('items-reordered', 'any', everywhere, (value) =>
    Array.isArray(value) ? value.toReversed() : undefined,
  ),
  changeAt('element-invented', 'any', everywhere, (value) =>
    isJsonObject(value) ? withMember(value, 'invented', 'x') : undefined,
  ),
  changeAt('null-for-value', 'any', everywhere, (value) =>
    isJsonObject(value) || Array.isArray(value) ? undefined : null,
  ),
  changeAt('text-for-number', 'any', everywhere, (value) =>
    value instanceof JsonNumber ? value.text : undefined,
  ),
  changeAt('text-for-boolean', 'any', everywhere, (value) =>
    typeof value === 'boolean' ? String(value) : undefined,
  ),
  changeAt('boolean-flipped', 'any', everywhere, (value) =>
    typeof value === 'boolean' ? !value : undefined,
  ),
  changeAt('extension-lost', 'any', at('extension'), () => dropped),
  changeAt('security-label-lost', 'any', at('meta.security'), () => dropped),
  changeAt(
    'narrative-changed',
    'any',
    at('text.div'),
    onText((text) => text.replace('<p>', '<p>not ')),
  ),
  changeAt('narrative-lost', 'any', at('text'), (value) =>
    isJsonObject(value) ? dropped : undefined,
  ),
  changeAt('reference-lost', 'any', at('reference'), () => dropped),
  changeAt(
    'reference-swapped',
    'any',
    at('reference'),
    onText((text) => `${text.slice(0, -4)}zzzz`),
  ),
  changeAt(
    'reference-type-changed',
    'any',
    at('reference'),
    onText((text, random) => {
      const [type = '', id = ''] = text.split('/');
      return `${other(['Patient', 'Practitioner', 'Organization'], type, random)}/${id}`;
    }),
  ),
];

function withMember(object: { [key: string]: Json }, key: string, value: Json): Json {
  return Object.assign(Object.create(null) as { [key: string]: Json }, object, { [key]: value });
}
