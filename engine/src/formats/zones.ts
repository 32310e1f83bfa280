/** How a local time relates to the time line of its zone. */
export type LocalTime =
  | { state: 'exact'; offsetSeconds: number }
  /** Clocks were put back over it: it happened twice, first at `earlier`. */
  | { state: 'overlap'; earlier: number; later: number }
  /** Clocks were put forward over it: it never happened. `before` is the offset until the change. */
  | { state: 'gap'; before: number; after: number };

/** A zone of the IANA time zone database. Offsets are in seconds east of UTC. */
export interface TimeZone {
  name: string;
  offsetAt(utcMs: number): number;
  /** Find the offset of a local time, given as the milliseconds it would be were it UTC. */
  resolve(localMs: number): LocalTime;
}

const zones = new Map<string, TimeZone>();

/** The zone of that name, or undefined when this platform's database has none. */
export function timeZone(name: string): TimeZone | undefined {
  let zone = zones.get(name);
  if (zone === undefined && isZone(name)) {
    zone = new TableZone(name);
    zones.set(name, zone);
  }
  return zone;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    return false;
  }
}

/** From `fromMs` until the next period's start the zone has this offset. */
interface Period {
  fromMs: number;
  offsetSeconds: number;
}

const dayMs = 86_400_000;

/**
 * Asks the platform where a year's clock changes are, once, and answers from that table: the
 * platform's own answer takes microseconds each time.
 */
class TableZone implements TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Period[]>();
  readonly #exact = new Map<number, LocalTime>();

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  offsetAt(utcMs: number): number {
    const year = new Date(utcMs).getUTCFullYear();
    let periods = this.#years.get(year);
    if (periods === undefined) {
      periods = this.#periodsOf(year);
      this.#years.set(year, periods);
    }
    for (let at = periods.length - 1; at > 0; at--) {
      const period = periods[at] as Period;
      if (utcMs >= period.fromMs) return period.offsetSeconds;
    }
    return (periods[0] as Period).offsetSeconds;
  }

  resolve(localMs: number): LocalTime {
    const before = this.offsetAt(localMs - dayMs);
    const after = this.offsetAt(localMs + dayMs);
    const beforeHolds = this.offsetAt(localMs - before * 1000) === before;
    if (before === after && beforeHolds) return this.#exactly(before);
    const afterHolds = this.offsetAt(localMs - after * 1000) === after;
    if (beforeHolds && afterHolds) return { state: 'overlap', earlier: before, later: after };
    if (beforeHolds) return this.#exactly(before);
    return afterHolds ? this.#exactly(after) : { state: 'gap', before, after };
  }

  /** One object for each offset: most local times are exact, and there are millions of them. */
  #exactly(offsetSeconds: number): LocalTime {
    let answer = this.#exact.get(offsetSeconds);
    if (answer === undefined) {
      answer = { state: 'exact', offsetSeconds };
      this.#exact.set(offsetSeconds, answer);
    }
    return answer;
  }

  #periodsOf(year: number): readonly Period[] {
    const startMs = utcMilliseconds(year, 1, 1);
    const endMs = utcMilliseconds(year + 1, 1, 1);
    const periods: Period[] = [{ fromMs: startMs, offsetSeconds: this.#ask(startMs) }];
    for (let probeMs = startMs; probeMs < endMs; probeMs += probeStepMs) {
      this.#changesBetween(probeMs, Math.min(probeMs + probeStepMs, endMs), periods);
    }
    return periods;
  }

  /** Two changes within one step that cancel out would be missed; no zone changes so often. */
  #changesBetween(fromMs: number, untilMs: number, periods: Period[]): void {
    const offset = this.#ask(untilMs);
    if (offset === (periods.at(-1) as Period).offsetSeconds) return;
    let low = fromMs;
    let high = untilMs;
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.#ask(middle) === offset) high = middle;
      else low = middle;
    }
    periods.push({ fromMs: high, offsetSeconds: offset });
  }

  #ask(utcMs: number): number {
    const part = this.#format.formatToParts(utcMs).find((each) => each.type === 'timeZoneName');
    const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(part?.value ?? '');
    if (match?.[1] === undefined) return 0;
    const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
    return match[1] === '-' ? -seconds : seconds;
  }
}

const probeStepMs = 7 * dayMs;

/** Milliseconds of a UTC time; unlike `Date.UTC` it takes the years 0 to 99 as they are. */
export function utcMilliseconds(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): number {
  const ms = Date.UTC(2000, month - 1, day, hour, minute, second);
  if (year >= 100) return Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(ms).setUTCFullYear(year, month - 1, day);
}
