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
    await this.#target.writeAll(linesOf(document, this.#as));
  }

  /** What was told provisionally holds. */
  settle(): void {
    if (this.#pending !== undefined) this.report.merge(this.#pending.report);
    this.#pending = undefined;
  }
}

/** Resource by resource: a document of thousands makes no text of its length. */
function* linesOf(
  { resources }: ConvertedDocument,
  as: 'bundles' | 'resources',
): Generator<string> {
  if (resources.length === 0) return;
  const isBundle = as === 'bundles';
  if (isBundle) yield '{"resourceType":"Bundle","type":"collection","entry":[';
  for (const [at, resource] of resources.entries()) {
    const text = JSON.stringify(resource);
    yield isBundle ? `${at === 0 ? '' : ','}{"resource":${text}}` : `${text}\n`;
  }
  if (isBundle) yield ']}\n';
}
