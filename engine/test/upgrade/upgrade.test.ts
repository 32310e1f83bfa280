import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { RunReport } from '../../src/contract/report.ts';
import { testCluster, temporaryFolder } from '../../src/store/testing.ts';
import { formerCommit, layBuild, root } from './formerBuild.ts';

const present = join(root, 'engine/src/cli/main.ts');
const commit = await formerCommit();
const reason = commit === undefined ? 'this checkout has no history' : false;

describe('upgrades', { skip: reason }, () => {
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    folder = await temporaryFolder();
    const cluster = await testCluster();
    const [clinic, control, target] = [
      await cluster.freshDatabase(),
      await cluster.freshDatabase(),
      await cluster.freshDatabase(),
    ];
    environment = {
      ...process.env,
      CLINIC_URL: clinic.spec.url,
      DATABASE_URL: control.spec.url,
      HANDOVER_TARGET_URL: target.spec.url,
    };
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('a run begun by a former build and killed is finished by the present one', async (context) => {
    context.diagnostic(`former build: ${commit?.slice(0, 12)}`);
    const former = await layBuild(commit as string, join(folder, 'former'));
    const project = ['--project', join(folder, 'project')];
    await succeed(former.main, [
      ...project,
      'sample',
      '--patients',
      '40',
      '--out',
      'env:CLINIC_URL',
    ]);
    await succeed(former.main, [...project, 'init']);
    await dieInLoad(former.dying, [...project, 'run', '--batch', '20']);
    const begun = await status();
    assert.equal(begun.run.state, 'running', 'the kill came before the end');
    const ended = await succeed(present, [...project, '--json', 'resume']);
    const report = JSON.parse(ended) as RunReport;
    assert.equal(report.run.id, begun.run.id);
    assert.equal(report.run.state, 'finished');
    assert.equal(report.findings.length, 0);
    for (const stream of report.streams) {
      assert.ok(stream.balanced && stream.waiting === 0, stream.stream);
    }
    for (const line of report.targets) {
      assert.ok(line.balanced && line.waiting === 0 && line.verified === line.loaded, line.stream);
    }

    async function status(): Promise<RunReport> {
      const text = await succeed(present, [...project, '--json', 'status']);
      return (JSON.parse(text) as { report: RunReport }).report;
    }
  });

  /** Run a command line to its end; returns standard output. */
  async function succeed(main: string, words: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [main, ...words], { env: environment });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output.stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (output.stderr += part));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.equal(code, 0, output.stderr);
    return output.stdout;
  }

  /** Let a command line kill itself right after its third write to the target. */
  async function dieInLoad(child: string, words: readonly string[]): Promise<void> {
    const strike = { at: 3, moment: 'after', signal: 'SIGKILL', name: 'target.write' };
    const dying = spawn(process.execPath, [child, ...words], {
      env: { ...environment, HANDOVER_STRIKE: JSON.stringify(strike) },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    (dying.stdio[3] as Readable).resume();
    const signal = await new Promise((resolve) => dying.on('close', (_, by) => resolve(by)));
    assert.equal(signal, 'SIGKILL');
  }
});
