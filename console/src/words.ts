const numbers = new Intl.NumberFormat('en-US');

export function count(number: number): string {
  return numbers.format(number);
}

/** `1 item`, `1,204 items`. */
export function several(number: number, one: string): string {
  return `${count(number)} ${one}${number === 1 ? '' : 's'}`;
}

/** `3 h 12 min`, `45 s`: the two largest units. */
export function lasting(seconds: number): string {
  const parts = [
    { unit: 'd', size: Math.floor(seconds / 86_400) },
    { unit: 'h', size: Math.floor(seconds / 3600) % 24 },
    { unit: 'min', size: Math.floor(seconds / 60) % 60 },
    { unit: 's', size: Math.floor(seconds) % 60 },
  ];
  const first = parts.findIndex(({ size }) => size > 0);
  if (first === -1) return '0 s';
  const shown = parts.slice(first, first + 2).filter(({ size }) => size > 0);
  return shown.map(({ unit, size }) => `${size} ${unit}`).join(' ');
}

const instants = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});

/** An instant of the ledger (PostgreSQL's text or ISO 8601) in UTC. */
export function instant(text: string): string {
  const at = dateOf(text);
  return at === undefined ? text : `${instants.format(at)} UTC`;
}

/** Seconds between two instants; to now when the second is left out. */
export function secondsBetween(from: string, to?: string): number | undefined {
  const [start, end] = [dateOf(from), to === undefined ? new Date() : dateOf(to)];
  if (start === undefined || end === undefined) return undefined;
  return Math.max(0, (end.getTime() - start.getTime()) / 1000);
}

function dateOf(text: string): Date | undefined {
  const iso = text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
