import { isUnit } from '../fhirpath/ucum.ts';
import { parseCsv, type CsvProblem } from './csv.ts';
import { TranslationMap, type MapTarget } from './translation.ts';

/** Stands for the units of a site, whose names no code system has. */
export const localUnitSystem = 'urn:handover:local-units';
const ucum = 'http://unitsofmeasure.org';

/**
 * A site's table of units: `local,ucum,display`, with a header. The names of a site are the same in any
 * case and with any blanks, unless two rows tell them apart; then one that is written as neither has
 * both as its targets.
 */
export class LocalUnits extends TranslationMap {
  /** Rows that could not be read, or whose unit is none of UCUM. */
  readonly problems: readonly CsvProblem[];
  readonly #loose = new Map<string, MapTarget[]>();

  constructor(text: string) {
    super(localUnitSystem, localUnitSystem, ucum);
    const { rows, problems } = parseCsv(text);
    const found = [...problems];
    for (const { line, fields } of rows.slice(1)) {
      const [local = '', code = '', display = ''] = fields.map((field) => field.trim());
      if (local === '') found.push({ line, message: 'the local unit is missing' });
      else if (!isUnit(code)) found.push({ line, message: 'is no unit of UCUM' });
      else this.#addUnit(local, code, display);
    }
    this.problems = found;
  }

  override find(local: string): readonly MapTarget[] | undefined {
    return super.find(local.trim()) ?? this.#loose.get(looseKey(local));
  }

  #addUnit(local: string, code: string, display: string): void {
    const target: MapTarget = {
      system: ucum,
      code,
      display: display === '' ? undefined : display,
      equivalence: 'equivalent',
    };
    this.add(local, target);
    const key = looseKey(local);
    const known = this.#loose.get(key) ?? [];
    if (!known.some((each) => each.code === code)) known.push(target);
    this.#loose.set(key, known);
  }
}

function looseKey(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, '');
}
