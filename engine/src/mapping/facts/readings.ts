import { sha256Hex } from '../../base/digest.ts';
import { dateReader } from './dates.ts';
import type { DateReading } from './dates.ts';
import type { FactForm } from './declaration.ts';
import type { SourceSettings } from '../../model/sourceSettings.ts';

/** What a column's text says: a value, nothing by declaration, or that it could not be read. */
export type Reading = { value: string; system: string } | { code: string } | undefined;
export type Reader = (text: string) => Reading;

/** How facts about other records are told: `Type/<stable id>` of the record with that key. */
export type Referrer = (stream: string, key: string, resource: string) => string;

/** The reader of a declared form; a text instead says what is wrong with the declaration. */
export function compileForm(
  form: FactForm,
  system: string,
  settings: SourceSettings,
  refer: Referrer,
): Reader | string {
  switch (form.kind) {
    case 'as':
      return codeReader(form.values, system);
    case 'text':
      return (text) => ({ value: text, system });
    case 'digest':
      return (text) => (text === '\\x' ? undefined : { value: digestOf(text), system });
    case 'is':
      return () => ({ value: form.constant, system });
    case 'date':
    case 'dateTime':
      return timeReader(form, system, settings);
    case 'decimal':
      return (text) =>
        decimalPattern.test(text.trim())
          ? { value: text.trim(), system }
          : { code: 'decimal-unreadable' };
    case 'boolean':
      return (text) => {
        if (form.yes.includes(text)) return { value: 'true', system };
        return form.no.includes(text) ? { value: 'false', system } : { code: 'code-undeclared' };
      };
    case 'reference':
      return (text) => ({ value: refer(form.stream, text, form.resource), system });
  }
}

/**
 * SHA-256 (hex) of the bytes that a column states: hex behind `\\x`, or a text in UTF-8. For a file,
 * whose bytes lie beside the record, the record itself says it.
 */
function digestOf(text: string): string {
  const sealed = /^object:([0-9a-f]{64}):\d+$/.exec(text)?.[1];
  if (sealed !== undefined) return sealed;
  const isHex = text.startsWith('\\x') && /^[0-9a-fA-F]*$/.test(text.slice(2));
  return sha256Hex(isHex && text.length % 2 === 0 ? Buffer.from(text.slice(2), 'hex') : text);
}

const decimalPattern = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/;

/** Without a system of its own a code may carry one: `http://snomed.info/sct|91936005`. */
function codeReader(values: ReadonlyMap<string, string | null>, system: string): Reader {
  const readings = new Map<string, Reading>();
  for (const [code, word] of values) {
    const bar = word === null || system !== '' ? -1 : word.lastIndexOf('|');
    if (word === null) readings.set(code, undefined);
    else if (bar === -1) readings.set(code, { value: word, system });
    else readings.set(code, { value: word.slice(bar + 1), system: word.slice(0, bar) });
  }
  return (text) => (readings.has(text) ? readings.get(text) : { code: 'code-undeclared' });
}

function timeReader(
  form: Extract<FactForm, { kind: 'date' | 'dateTime' }>,
  system: string,
  settings: SourceSettings,
): Reader | string {
  const { pattern, kind } = form;
  const pivot = form.pivot ?? settings.centuryPivot;
  const zone = form.zone ?? settings.timeZone;
  const { clockChange } = settings;
  const read = dateReader({ pattern, pivot, zone, clockChange }, kind);
  if (read === undefined) {
    const needsPivot = /(^|[^y])yy([^y]|$)/.test(pattern) && pivot === undefined;
    return needsPivot ? 'yy needs a pivot: the latest year it may mean' : 'no such date pattern';
  }
  const memo = new Map<string, Reading>();
  return (text) => {
    let reading = memo.get(text);
    if (reading === undefined) {
      reading = withSystem(read(text), system);
      if (memo.size >= remembered) memo.clear();
      memo.set(text, reading);
    }
    return reading;
  };
}

/** Dates repeat: this many are remembered for each declaration. */
const remembered = 10_000;

function withSystem(reading: DateReading, system: string): Reading {
  return 'code' in reading ? reading : { value: reading.value, system };
}
