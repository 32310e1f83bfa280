import { parseCsv, type CsvProblem } from './csv.ts';

/** What a site's own unit is in UCUM. */
export interface LocalUnit {
  ucum: string;
  display: string | undefined;
}

/**
 * A site's table of units: `local,ucum,display`, with a header. The names of a site are the same in any
 * case and with any blanks, unless two rows tell them apart; then only the exact one counts.
 */
export class LocalUnits {
  readonly problems: readonly CsvProblem[];
  readonly #exact = new Map<string, LocalUnit>();
  readonly #loose = new Map<string, LocalUnit | 'ambiguous'>();

  /** @param isUcum whether a text is a unit of UCUM: rows with another one are problems */
  constructor(text: string, isUcum: (unit: string) => boolean) {
    const { rows, problems } = parseCsv(text);
    const found = [...problems];
    for (const { line, fields } of rows.slice(1)) {
      const [local = '', ucum = '', display] = fields.map((field) => field.trim());
      if (local === '' || !isUcum(ucum)) {
        found.push({
          line,
          message: local === '' ? 'the local unit is missing' : 'is no unit of UCUM',
        });
        continue;
      }
      const unit = { ucum, display: display === '' ? undefined : display };
      this.#exact.set(local, unit);
      const key = looseKey(local);
      const known = this.#loose.get(key);
      const differs = known !== undefined && (known === 'ambiguous' || known.ucum !== ucum);
      this.#loose.set(key, differs ? 'ambiguous' : unit);
    }
    this.problems = found;
  }

  /** `ambiguous`: rows that differ only in case or blanks have different units. */
  find(local: string): LocalUnit | 'ambiguous' | undefined {
    return this.#exact.get(local) ?? this.#loose.get(looseKey(local));
  }
}

function looseKey(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, '');
}
