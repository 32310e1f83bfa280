import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { connectorServices, connectorsOf, openControl } from '../src/cli/composition.ts';
import type { Project } from '../src/cli/project.ts';

/** What a patient of the feed should say of itself, by its identifier. */
export type Newest = ReadonlyMap<string, string>;

export interface TargetCheck {
  /** Exit code of the run that moved the inbox into the target. */
  run: number;
  patients: number;
  /** Patients that do not say what the newest message about them says. */
  stale: number;
  /** Patients of the feed that the target does not have. */
  missing: number;
  /** Records that the run's ledger has. */
  ledgered: number;
  /** The same by their keys: each message once. */
  distinct: number;
}

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** `handover run` over the inbox; returns its exit code. */
export function runOver(folder: string): Promise<number> {
  const child = spawn(process.execPath, [cli, '--project', folder, 'run'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
}

/** What the ledger has of the messages that were read: its entries are counted, not its totals. */
export async function checkLedger(
  project: Project,
): Promise<Pick<TargetCheck, 'ledgered' | 'distinct'>> {
  const database = openControl(project);
  try {
    const { rows } = await database.query<{ ledgered: string; distinct: string }>(
      `select count(*) as ledgered,
              count(distinct substring(e.tokens from 16 * at + 1 for 16)) as distinct
         from handover.entry e cross join lateral generate_series(0, e.count - 1) as at
        where e.phase = 'extract'`,
    );
    return { ledgered: Number(rows[0]?.ledgered), distinct: Number(rows[0]?.distinct) };
  } finally {
    await database.close();
  }
}

/** Every Patient of the embedded target, read through its own interface. */
export async function checkTarget(
  project: Project,
  newest: Newest,
): Promise<Pick<TargetCheck, 'patients' | 'stale' | 'missing'>> {
  const connector = connectorsOf(project).get('embedded');
  const services = { ...connectorServices(project), name: 'chart' };
  const target = connector?.target?.create({}, services);
  if (target === undefined) throw new Error('there is no target of kind embedded');
  const signal = new AbortController().signal;
  await target.open(signal);
  const unseen = new Set(newest.keys());
  const found = { patients: 0, stale: 0 };
  try {
    for await (const { resources } of target.scan(undefined, signal)) {
      const ids = resources.filter(({ type }) => type === 'Patient');
      for (const stored of await target.fetch(ids, 'body', signal)) {
        if (stored.state !== 'present') continue;
        const { identifier, name } = JSON.parse(String(stored.body)) as PatientBody;
        const own = identifier?.map(({ value }) => value ?? '').find((value) => unseen.has(value));
        if (own === undefined) continue;
        unseen.delete(own);
        found.patients++;
        if (name?.[0]?.given?.[0] !== newest.get(own)) found.stale++;
      }
    }
  } finally {
    await target.close();
  }
  return { ...found, missing: unseen.size };
}

interface PatientBody {
  identifier?: { value?: string }[];
  name?: { given?: string[] }[];
}
