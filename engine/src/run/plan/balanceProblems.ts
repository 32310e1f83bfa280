import { dateReader } from '../../mapping/facts/dates.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import type { ProjectText } from './read.ts';
import type { TrialBalancePlan } from './trialBalance.ts';

type Path = readonly (string | number)[];

/** Every stream and column that `trialBalance` names and that is not there, with its place. */
export function balanceProblems(
  project: ProjectText,
  streams: readonly Stream[],
  isMapped: (stream: string) => boolean,
): Problem[] {
  const { trialBalance } = project.document;
  if (trialBalance === undefined) return [];
  const judge = new BalanceJudge(project, streams, isMapped);
  judge.whole(trialBalance);
  return judge.problems;
}

class BalanceJudge {
  readonly problems: Problem[] = [];
  readonly #project: ProjectText;
  readonly #streams: readonly Stream[];
  readonly #isMapped: (stream: string) => boolean;

  constructor(
    project: ProjectText,
    streams: readonly Stream[],
    isMapped: (stream: string) => boolean,
  ) {
    this.#project = project;
    this.#streams = streams;
    this.#isMapped = isMapped;
  }

  whole({ charges, settlements, apart, printed }: TrialBalancePlan): void {
    const at = ['trialBalance', 'charges'];
    const { facility, class: financialClass, payer, guarantor } = charges;
    this.#columns([...at, 'stream'], charges.stream, [
      charges.amount,
      charges.day.column,
      facility.column,
      financialClass.column,
      payer.column,
      guarantor.column,
      guarantor.otherwise.column,
      ...Object.keys(charges.where),
    ]);
    const options = { pivot: undefined, zone: undefined, clockChange: undefined };
    if (dateReader({ pattern: charges.day.pattern, ...options }, 'date') === undefined) {
      const problem = `"${charges.day.pattern}" is no date pattern`;
      this.#report([...at, 'day', 'pattern'], 'form-invalid', problem);
    }
    const { through } = payer;
    if (through) this.#columns([...at, 'payer', 'through'], through.stream, [through.column]);
    for (const [place, one] of settlements.entries()) {
      const columns = [one.amount, one.charge, ...Object.keys({ ...one.where, ...one.badDebt })];
      this.#columns(['trialBalance', 'settlements', place, 'stream'], one.stream, columns);
    }
    const added = new Set([charges.stream, ...settlements.map(({ stream }) => stream)]);
    for (const [place, { streams }] of apart.entries()) {
      for (const [nth, name] of streams.entries()) this.#apart(place, nth, name, added.has(name));
    }
    if (printed === undefined) return;
    const { stream, group, member, column, amount } = printed;
    this.#columns(['trialBalance', 'printed', 'stream'], stream, [group, member, column, amount]);
  }

  /** Of a feed no record may have come: its mapping names the stream all the same. */
  #apart(place: number, nth: number, name: string, isAdded: boolean): void {
    const path = ['trialBalance', 'apart', place, 'streams', nth];
    if (isAdded) {
      this.#report(path, 'form-invalid', `"${name}" is added up and set apart`);
    } else if (!this.#isMapped(name)) {
      const isThere = this.#streams.some((one) => one.name === name);
      const problem = isThere
        ? `the records of "${name}" do not move, for it has no mapping`
        : `no stream is called "${name}"`;
      this.#report(path, isThere ? 'stream-unmapped' : 'stream-unknown', problem);
    }
  }

  #columns(path: Path, name: string, columns: readonly string[]): void {
    const stream = this.#streams.find((one) => one.name === name);
    if (stream === undefined) {
      this.#report(path, 'stream-unknown', `no stream is called "${name}"`);
      return;
    }
    if (!this.#isMapped(name)) {
      const problem = `the records of "${name}" are not read, for it has no mapping`;
      this.#report(path, 'stream-unmapped', problem, 'a mapping with lookup: true');
    }
    for (const column of new Set(columns)) {
      if (stream.columns.some((one) => one.name === column)) continue;
      const known = stream.columns.map((one) => one.name).join(', ');
      this.#report(path, 'column-unknown', `${name} has no column "${column}"`, known);
    }
  }

  #report(path: Path, code: string, message: string, suggestion?: string): void {
    const fix = suggestion === undefined ? {} : { suggestion };
    const { line, column } = this.#project.place(path);
    this.problems.push({ file: 'handover.yaml', line, column, code, message, ...fix });
  }
}
