import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stageClinic, type Clinic } from './clinic.ts';
import { endedChildrenSeconds, proportionalBytes, treeOf } from './processes.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';

/** What a million records may take, in seconds. */
const floorSeconds = 60;
const floorRecords = 1_000_000;

/**
 * `map diff` as a person waits for it, start of the program included, over a run that has kept about
 * so many records of five tables: once with a comment put into every mapping, so that everything is
 * mapped again and nothing differs, and once with one element of every patient changed as well.
 */
export async function benchMapDiff(records: number): Promise<BenchResult> {
  const clinic = await stageClinic(records, 'none');
  try {
    await clinic.handover('run', '--only', 'assess');
    await clinic.handover('resume', '--only', 'extract');
    await clinic.handover('resume', '--only', 'map');
    const mappings = join(clinic.project, 'mappings/clinic');
    const files = (await readdir(mappings)).filter((file) => file.endsWith('.yaml'));
    for (const file of files) {
      await writeFile(join(mappings, file), `# changed\n${await textOf(mappings, file)}`);
    }
    const nothing = await timed(clinic);
    const patients = await textOf(mappings, 'pt_demog.yaml');
    await writeFile(
      join(mappings, 'pt_demog.yaml'),
      patients.replace('use: =official', 'use: =usual'),
    );
    const some = await timed(clinic);
    const allowed = (floorSeconds * clinic.rows) / floorRecords;
    return benchResult({
      bench: 'mapDiff',
      compared: 'every record mapped again and compared, beside a minute for a million',
      ratio: rounded(Math.max(nothing.seconds, some.seconds) / allowed),
      goal: { most: 1 },
      figures: {
        records: clinic.rows,
        's, nothing differs': rounded(nothing.seconds),
        's, every patient differs': rounded(some.seconds),
        'processor s, nothing differs': rounded(nothing.processor),
        'processor s, every patient differs': rounded(some.processor),
        'MB of the program at most': megabytes(some.bytes),
      },
    });
  } finally {
    await clinic.close();
  }
}

function textOf(folder: string, file: string): Promise<string> {
  return readFile(join(folder, file), 'utf8');
}

/** The server's time is not in it: it is no child of the command. */
async function timed(
  clinic: Clinic,
): Promise<{ seconds: number; processor: number; bytes: number }> {
  const [began, spent] = [performance.now(), endedChildrenSeconds()];
  const { pid, ended } = clinic.start('map', 'diff');
  let bytes = 0;
  const sampling = setInterval(() => {
    bytes = Math.max(bytes, proportionalBytes(treeOf(pid)));
  }, 200);
  await ended.finally(() => clearInterval(sampling));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, processor: endedChildrenSeconds() - spent, bytes };
}
