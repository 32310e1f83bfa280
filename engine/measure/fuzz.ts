import { attacked, fuzz } from '../test/hostile/fuzz.ts';

export interface FuzzMeasure {
  seed: number;
  minutes: number;
  /** Files that each reader was given. */
  runs: Readonly<Record<string, number>>;
  failures: string[];
}

interface Options {
  seed: string | undefined;
  minutes: string | undefined;
  say: (line: string) => void;
}

/** How long one format is attacked before the next has its turn. */
const turnMs = 60_000;

/** Files changed at random, for so many minutes in all, by turns for each format. */
export async function measureFuzz({
  seed: named,
  minutes: asked,
  say,
}: Options): Promise<FuzzMeasure> {
  const seed = named === undefined ? Date.now() % 2 ** 31 : Number(named);
  const minutes = Number(asked ?? 60);
  const formats = Object.keys(attacked);
  const runs = Object.fromEntries(formats.map((format) => [format, 0]));
  const failures: string[] = [];
  const wanted = minutes * 60_000;
  const timeMs = Math.min(turnMs, wanted / formats.length);
  for (let turn = 0; turn * timeMs < wanted; turn++) {
    const format = formats[turn % formats.length] as string;
    const found = await fuzz(format, { seed: (seed + turn) % 2 ** 31, timeMs });
    runs[format] = (runs[format] ?? 0) + found.runs;
    if (found.failure !== undefined) failures.push(found.failure);
    say(
      `${format}: ${found.runs} files${found.failure === undefined ? '' : ', one of them failed'}`,
    );
  }
  return { seed, minutes, runs, failures };
}
