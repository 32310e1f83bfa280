import { readdirSync, readFileSync } from 'node:fs';

/** Memory and processor time of processes, as Linux tells them in `/proc` (proc(5)). */

/** Clock ticks a second in `/proc/PID/stat`: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A process and all that came from it, as they are now. */
export function treeOf(root: number): number[] {
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []).map((child) => child.pid));
  return tree;
}

/**
 * Proportional set size of processes, in bytes: what each has for itself, and of what several share
 * (the buffers of a PostgreSQL server) its part. Processes that ended meanwhile count nothing.
 */
export function proportionalBytes(pids: readonly number[]): number {
  let bytes = 0;
  for (const pid of pids) {
    const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
    bytes += Number(kibibytes ?? 0) * 1024;
  }
  return bytes;
}

/** Processor seconds, user and system, of a live process tree, those that ended in it included. */
export function treeSeconds(root: number): number {
  let ticks = 0;
  for (const pid of treeOf(root)) ticks += ticksOf(pid, 'with those it waited for');
  return ticks / ticksPerSecond;
}

/** Processor seconds of all processes that this one started, and that have ended. */
export function endedChildrenSeconds(): number {
  return (
    (ticksOf(process.pid, 'with those it waited for') - ticksOf(process.pid, 'own')) /
    ticksPerSecond
  );
}

function ticksOf(pid: number, which: 'own' | 'with those it waited for'): number {
  const fields = fieldsOf(pid);
  if (fields === undefined) return 0;
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number);
  return which === 'own' ? utime + stime : utime + stime + cutime + cstime;
}

function allProcesses(): { pid: number; parent: number }[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? fieldsOf(pid)?.[1] : undefined;
    return parent === undefined ? [] : [{ pid, parent: Number(parent) }];
  });
}

/** Fields of `/proc/PID/stat` behind the name, which may hold anything: state, parent, … */
function fieldsOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
