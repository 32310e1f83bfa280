import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../tidy/checkout.ts';

const program = path.join(root, 'scripts/supply.ts');

function dependencies(what: string, environment: Record<string, string> = {}) {
  return spawnSync(process.execPath, [program, what], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

interface Component {
  name: string;
  version: string;
  licenses?: object[];
}

test('the list of components names every package that runs, with version and licence', () => {
  const { status, stdout, stderr } = dependencies('sbom');
  assert.equal(status, 0, stderr);
  const { bomFormat, components } = JSON.parse(stdout) as {
    bomFormat: string;
    components: Component[];
  };
  assert.equal(bomFormat, 'CycloneDX');
  const named = new Map(components.map((one) => [one.name, one]));
  const text = readFileSync(path.join(root, 'engine/package.json'), 'utf8');
  const { dependencies: ours } = JSON.parse(text) as { dependencies: Record<string, string> };
  for (const name of Object.keys(ours)) {
    assert.match(named.get(name)?.version ?? '', /^\d+\.\d+/, name);
    assert.ok((named.get(name)?.licenses ?? []).length > 0, `${name} has a licence`);
  }
  assert.equal(named.has('oxlint'), false, 'what only builds is not in it');
});

test('known faults of packages are asked for, and no answer is no approval', () => {
  const nowhere = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
  const { status } = dependencies('audit', nowhere);
  assert.equal(status, 7);
});
