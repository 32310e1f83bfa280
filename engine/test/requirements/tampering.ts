import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { canonicalJson, isJsonObject, parseJson } from '../../src/base/json.ts';
import type { Random } from '../../src/base/random.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Receipt, Target, Write } from '../../src/model/target.ts';
import type { Tampered } from '../tamper/atRest.ts';
import { changes } from '../tamper/changes.ts';
import type { Change } from '../tamper/change.ts';
import type { TestProject } from './project.ts';

const program = fileURLToPath(new URL('../tamper/atRest.ts', import.meta.url));

/** Change the loaded target behind its back, by a program of its own that holds the key. */
export async function tamperAtRest(
  { folder, target }: TestProject,
  words: readonly string[],
): Promise<Tampered[]> {
  const child = spawn(
    process.execPath,
    [program, '--project', folder, '--name', 'chart', ...words],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TARGET_URL: target.spec.url } },
  );
  let text = '';
  for await (const part of child.stdout.setEncoding('utf8')) text += part as string;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Tampered);
}

/**
 * Stands between a run and its target, and damages some of what passes: of every class of change
 * that finds a place, a few resources. The run is told that all went well.
 */
export class WireTamper implements Target {
  readonly made: Tampered[] = [];
  readonly #target: Target;
  readonly #random: Random;
  readonly #planted = new Map<string, number>();
  #patient = '';

  constructor(target: Target, random: Random) {
    this.#target = target;
    this.#random = random;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#target.open(signal);
  }

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const sent = batch.map((write) => (write.kind === 'put' ? this.#strike(write) : write));
    const passed = sent.filter((write) => write !== undefined);
    const receipts = [...(await this.#target.write(passed, signal))];
    return batch.map((write, at): Receipt => {
      const { type, id } = write;
      if (sent[at] !== undefined) return receipts.shift() as Receipt;
      return {
        type,
        id,
        state: 'delivered',
        version: 1,
        digest: '00'.repeat(32),
        unchanged: false,
      };
    });
  }

  fetch(...request: Parameters<Target['fetch']>): ReturnType<Target['fetch']> {
    return this.#target.fetch(...request);
  }

  scan(...request: Parameters<Target['scan']>): ReturnType<Target['scan']> {
    return this.#target.scan(...request);
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  /** The write as it arrives; undefined: it does not. */
  #strike(write: Write & { kind: 'put' }): Write | undefined {
    const { type, id } = write;
    const resource = parseJson(write.body.toString('utf8'));
    if (!isJsonObject(resource) || this.#random.integer(2) === 0) return this.#remember(write);
    for (const change of this.#rarestFirst()) {
      if (change === lost) {
        if (type === 'Patient' || type === 'Practitioner') continue;
        this.#note({ type, id, path: type, className: lost.name });
        return undefined;
      }
      const struck =
        change === exchanged ? this.#exchange(write) : change.apply(resource, this.#random);
      if (struck === undefined) continue;
      this.#note({ type, id, path: struck.path, className: change.name });
      return { ...write, body: Buffer.from(canonicalJson(struck.changed)) };
    }
    return this.#remember(write);
  }

  /** Give a resource to the patient that passed before. */
  #exchange({ type, body }: Write & { kind: 'put' }): ReturnType<Change['apply']> {
    const text = body.toString('utf8');
    const changed = text.replace(/"Patient\/[^"]+"/, `"Patient/${this.#patient}"`);
    if (this.#patient === '' || changed === text) return undefined;
    const resource = parseJson(changed);
    return isJsonObject(resource) ? { changed: resource, path: `${type}.subject` } : undefined;
  }

  #remember(write: Write): Write {
    if (write.type === 'Patient') this.#patient = write.id;
    return write;
  }

  #note(made: Tampered): void {
    this.made.push(made);
    this.#planted.set(made.className, (this.#planted.get(made.className) ?? 0) + 1);
  }

  #rarestFirst(): Change[] {
    const all = [...changes, exchanged, lost].map((change) => ({
      change,
      rank: (this.#planted.get(change.name) ?? 0) + this.#random.next(),
    }));
    return all.toSorted((one, two) => one.rank - two.rank).map(({ change }) => change);
  }
}

const never: Change['apply'] = () => undefined;
const exchanged: Change = { name: 'patient-exchanged', domain: 'identity', apply: never };
const lost: Change = { name: 'write-lost', domain: 'any', apply: never };

/** What was found of each class of change. */
export interface ClassCatch {
  className: string;
  planted: number;
  found: number;
  byDelivery: number;
  byFacts: number;
  byScan: number;
}

/** Hold what was changed against what was found, class by class. */
export function catchesOf(
  made: readonly Tampered[],
  findings: readonly Finding[],
): { classes: ClassCatch[]; missed: Tampered[] } {
  const about = Map.groupBy(findings, ({ type, id }) => `${type}/${id}`);
  const verifiers = (one: Tampered): Set<string> =>
    new Set(about.get(`${one.type}/${one.id}`)?.map(({ verifier }) => verifier));
  const classes = [...Map.groupBy(made, ({ className }) => className)]
    .map(([className, changed]) => {
      const by = (verifier: string): number =>
        changed.filter((one) => verifiers(one).has(verifier)).length;
      return {
        className,
        planted: changed.length,
        found: changed.filter((one) => verifiers(one).size > 0).length,
        byDelivery: by('delivery'),
        byFacts: by('facts'),
        byScan: by('scan'),
      };
    })
    .toSorted((one, two) => (one.className < two.className ? -1 : 1));
  return { classes, missed: made.filter((one) => verifiers(one).size === 0) };
}
