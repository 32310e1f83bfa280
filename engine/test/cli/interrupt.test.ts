import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { handover, openBench, type Bench, type Ended } from './commandLine.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench({ patients: 250, defects: 'none' });
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Small batches, so that a run is in the midst of its work for a while. */
const slowly = ['run', '--batch', '20', '--concurrency', '1'];

/** Progress is told about once a second, so a short phase may pass unsaid: any before `verify` will do. */
const inMidRun = /^(extract|map|check|load) /m;

/** The command that the last lines of standard error tell the reader to give. */
function resumeCommand({ stderr }: Ended): string[] {
  const command = /\n {2}handover ([^\n]+)\n$/.exec(stderr)?.[1];
  assert.ok(command !== undefined, stderr);
  return command.split(' ');
}

interface Report {
  verdict: { color: string };
  run: { id: string; state: string; resumes: number };
  streams: { read: number; waiting: number; balanced: boolean; sourceCount: number }[];
}

/** The report of a run in which everything is accounted for and nothing waits. */
function whole({ code, stdout, stderr }: Ended): Report {
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assert.equal(report.verdict.color, 'green');
  assert.equal(report.run.state, 'finished');
  for (const { read, waiting, balanced, sourceCount } of report.streams) {
    assert.deepEqual([read, waiting, balanced], [sourceCount, 0, true]);
  }
  return report;
}

test('R25 Ctrl-C in mid-run: batches under way are committed, and the printed command finishes', async () => {
  const run = bench.start(...slowly);
  await run.tells(inMidRun);
  run.process.kill('SIGINT');
  const ended = await run.end;
  assert.deepEqual([ended.code, ended.stdout], [130, ''], ended.stderr);
  assert.match(ended.stderr, /\nstopping: batches under way are being committed/);
  assert.match(ended.stderr, /\ninterrupted; nothing is lost\. Go on with:\n/);

  const { run: paused } = JSON.parse((await bench.run('--json', 'report')).stdout) as Report;
  assert.equal(paused.state, 'paused');

  const { environment } = bench;
  const words = resumeCommand(ended);
  const report = whole(await handover(['--json', ...words], { environment, folder: bench.folder }));
  assert.deepEqual([report.run.id, report.run.resumes], [paused.id, 1]);
});

test('R25 the printed command works from any folder when the project was named', async () => {
  const { environment, folder } = bench;
  const elsewhere = { environment, folder: '/' };
  const run = bench.start(...slowly, '--project', folder);
  await run.tells(inMidRun);
  run.process.kill('SIGTERM');
  const ended = await run.end;
  assert.equal(ended.code, 130, ended.stderr);
  assert.doesNotMatch(resumeCommand(ended).join(' '), /--project/);

  const again = await handover(['--project', folder, 'resume', '--only', 'extract'], elsewhere);
  assert.equal(again.code, 0, again.stderr);
  whole(await handover(['--json', '--project', folder, 'resume'], elsewhere));
});

test('R25 a second Ctrl-C stops at once, and resume finishes all the same', async () => {
  const run = bench.start(...slowly);
  await run.tells(inMidRun);
  run.process.kill('SIGINT');
  await run.tells(/Ctrl-C again to stop at once/);
  const before = performance.now();
  run.process.kill('SIGINT');
  const { code } = await run.end;
  assert.equal(code, 130);
  assert.ok(performance.now() - before < 10_000);
  whole(await bench.run('--json', 'resume'));
});

test('R25 helpers stop with the run that started them', async () => {
  const run = bench.start(...slowly, '--workers', '2');
  await run.tells(/^worker /m);
  await run.tells(inMidRun);
  run.process.kill('SIGINT');
  const ended = await run.end;
  assert.equal(ended.code, 130, ended.stderr);
  whole(await bench.run('--json', 'resume'));
});
