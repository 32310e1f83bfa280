/**
 * `npm run -s supply -- sbom` prints what runs as CycloneDX, from the lock file alone; `-- audit` asks
 * the registry for known faults of it. Without an answer it ends with 7: no answer is no approval.
 */
import { spawnSync } from 'node:child_process';
import { root } from './runner/checks.ts';

const [what] = process.argv.slice(2);
const words = {
  sbom: ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'],
  audit: ['audit', '--omit', 'dev', '--audit-level', 'high', '--json'],
}[what ?? ''];

if (words === undefined) {
  process.stderr.write('usage: supply sbom | audit\n');
  process.exitCode = 2;
} else {
  const { status, stdout } = spawnSync('npm', words, { cwd: root, encoding: 'utf8' });
  process.stdout.write(
    what === 'sbom' && status === 0 ? `${JSON.stringify(running(stdout))}\n` : stdout,
  );
  process.exitCode = what === 'audit' && !wasAnswered(stdout) ? 7 : (status ?? 1);
}

interface Bom {
  components: { properties?: { name: string }[] }[];
}

/** npm's own `--omit dev` leaves out what is needed both to build and to run. */
function running(text: string): Bom {
  const bom = JSON.parse(text) as Bom;
  const isOfBuild = ({ properties = [] }: Bom['components'][number]): boolean =>
    properties.some(({ name }) => name === 'cdx:npm:package:development');
  return { ...bom, components: bom.components.filter((one) => !isOfBuild(one)) };
}

/** A registry that cannot be reached leaves an error, or nothing, in place of counts. */
function wasAnswered(text: string): boolean {
  try {
    const { metadata } = JSON.parse(text) as { metadata?: { vulnerabilities?: object } };
    return metadata?.vulnerabilities !== undefined;
  } catch {
    return false;
  }
}
