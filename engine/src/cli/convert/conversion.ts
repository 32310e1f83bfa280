import type { NewFile } from './newFile.ts';
import type { ConvertedDocument } from './reader.ts';
import { ConvertReport } from './report.ts';

/** What was told provisionally, and where the file stood before it. */
interface Pending {
  offset: number;
  place: number;
  report: ConvertReport;
}

/** Writes documents as lines and keeps the account of them; what is withdrawn was never there. */
export class Conversion {
  readonly report = new ConvertReport();
  readonly #target: NewFile;
  readonly #answers: NewFile | undefined;
  readonly #as: 'bundles' | 'resources';
  #pending: Pending | undefined;

  constructor(target: NewFile, answers: NewFile | undefined, as: 'bundles' | 'resources') {
    this.#target = target;
    this.#answers = answers;
    this.#as = as;
  }

  async add(file: string, document: ConvertedDocument): Promise<void> {
    const { provisional, withdraws, acknowledgement } = document;
    if (acknowledgement !== undefined) {
      await this.#answers?.write(acknowledgement);
      return;
    }
    if (withdraws !== undefined && withdraws === this.#pending?.offset) {
      await this.#target.cutTo(this.#pending.place);
      this.#pending = undefined;
    }
    if (provisional !== this.#pending?.offset) this.settle();
    if (provisional !== undefined && this.#pending === undefined) {
      const place = await this.#target.place();
      this.#pending = { offset: provisional, place, report: new ConvertReport() };
    }
    (this.#pending?.report ?? this.report).add(file, document);
    await this.#target.write(linesOf(document, this.#as));
  }

  /** What was told provisionally holds. */
  settle(): void {
    if (this.#pending !== undefined) this.report.merge(this.#pending.report);
    this.#pending = undefined;
  }
}

function linesOf({ resources }: ConvertedDocument, as: 'bundles' | 'resources'): string {
  if (resources.length === 0) return '';
  if (as === 'resources') {
    return resources.map((resource) => `${JSON.stringify(resource)}\n`).join('');
  }
  const entry = resources.map((resource) => ({ resource }));
  return `${JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry })}\n`;
}
