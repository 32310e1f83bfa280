import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { signAuditHead } from '../../audit/auditLog.ts';
import { getVersion, listVersions, putLocked, type Bucket } from '../../audit/bucket.ts';
import { verifyTimeStamp } from '../../audit/timeStamp.ts';
import { stampText, stampWrong, type StampAuthority } from '../../audit/timeStampClient.ts';
import { isHeadOf, verifyAuditLog } from '../../audit/verify.ts';
import { systemClock } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { readProject, resolveEnvironment } from '../../run/plan/read.ts';
import type { PlanDocument } from '../../run/plan/schema.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { anchorProblems, endedExceptions } from '../../run/plan/wires.ts';
import { auditServices } from '../composition.ts';
import { counted, several, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { writeNew } from './certificate.ts';
import { withControl } from './look.ts';

const timeoutMs = 30_000;
const dayMs = 24 * 60 * 60 * 1000;

/** Where the plan keeps signed heads outside, ready to be asked. */
interface Keepers {
  authority?: StampAuthority;
  store?: { bucket: Bucket; prefix: string; keepDays: number };
}

/** Behind the name of an anchor: its time stamp, DER in base64. */
const stampSuffix = '.tst';

/**
 * `handover audit anchor`: the signed head of the log, to be kept where no intruder of it reaches: time-stamped
 * and in a locked bucket where the plan names them, and in a file or on standard output.
 */
export async function auditAnchorCommand(
  project: Project,
  output: Output,
  { out }: { out?: string },
): Promise<ExitCode> {
  const { authority, store } = await keepersOf(project, output);
  if (out === undefined && store === undefined) throw nowhere();
  return withControl(project, async (database) => {
    const note = await signAuditHead(database, auditServices(project));
    const looks = Number(note.split('\n')[1]);
    const stamp = authority && (await stampText(authority, systemRandom, note));
    const token = stamp && `${stamp.token.toString('base64')}\n`;
    const key = store && (await keepInBucket(store, looks, note, token));
    const place = out === undefined || out === '-' ? undefined : resolve(out);
    if (place !== undefined) await writeNew(place, note);
    if (place !== undefined && token !== undefined) await writeNew(`${place}${stampSuffix}`, token);
    const data = {
      format: 'handover-audit-anchor/1',
      looks,
      ...(place !== undefined && { anchor: place }),
      ...(key !== undefined && { key }),
      ...(stamp && { stamped: stamp.time.toISOString(), policy: stamp.policy }),
      ...(out === '-' && { note }),
    };
    output.data(data, () =>
      out === '-'
        ? note.trimEnd().split('\n')
        : [
            ...(place === undefined ? [] : [`${place} (${counted(looks)} events)`]),
            ...(key === undefined ? [] : [`in the bucket: ${key} (${counted(looks)} events)`]),
            ...(stamp ? [`stamped ${stamp.time.toISOString()} under policy ${stamp.policy}`] : []),
            ...(place === undefined
              ? []
              : [
                  'Keep it outside of this machine: it shows whether the log is ever cut or rewritten.',
                ]),
          ],
    );
    return exitCodes.ok;
  });
}

async function keepInBucket(
  { bucket, prefix, keepDays }: NonNullable<Keepers['store']>,
  looks: number,
  note: string,
  token: string | undefined,
): Promise<string> {
  const now = systemClock.now();
  const times = { now, until: new Date(now.getTime() + keepDays * dayMs) };
  const key = `${prefix}${String(looks).padStart(15, '0')}-${now.toISOString().replaceAll(':', '')}.anchor`;
  await putLocked(bucket, key, Buffer.from(note), times);
  if (token !== undefined)
    await putLocked(bucket, `${key}${stampSuffix}`, Buffer.from(token), times);
  return key;
}

/** A signed head that was kept elsewhere, with its time stamp where it has one. */
interface KeptAnchor {
  place: string;
  note: string;
  token: string | undefined;
}

/**
 * `handover audit verify`: the whole log against every signed head, those in files and in the plan's bucket too;
 * exit 8 when it was tampered with.
 */
export async function auditVerifyCommand(
  project: Project,
  output: Output,
  { anchor = [], bucket = false }: { anchor?: string[]; bucket?: boolean },
): Promise<ExitCode> {
  const inFiles = await Promise.all(anchor.map(readAnchor));
  const wantsPlan = bucket || inFiles.some(({ token }) => token !== undefined);
  const { authority, store } = wantsPlan ? await keepersOf(project, output) : {};
  if (bucket && store === undefined) throw noBucket();
  const kept = [...inFiles, ...(bucket && store ? await anchorsIn(store) : [])];
  const stamps = kept.flatMap((one) => stampOf(one, authority));
  const { origin, signer } = auditServices(project);
  return withControl(project, async (database) => {
    const anchors = kept.map(({ note }) => note);
    const witness = { origin, publicKey: signer.publicKey, anchors };
    const verdict = await database.read((reader) => verifyAuditLog(reader, witness));
    const { events, checkpoints, unplaced, faults } = verdict;
    const strange = kept.filter(({ note }) => !isHeadOf(note, witness)).map(({ place }) => place);
    const data = {
      format: 'handover-audit-check/1',
      ...verdict,
      anchors: kept.length,
      strange,
      stamps,
    };
    output.data(data, () => [
      `${several(events, 'event')}, ${several(checkpoints, 'signed head')}, ` +
        (faults.length === 0 ? 'nothing wrong' : several(faults.length, 'fault')),
      ...faults.slice(0, 100).map(({ fault, at }) => `  ${fault} at ${at}`),
      ...strange.map((place) => `${place}: no head that this log signed`),
      ...stamps.map(
        ({ place, stamped }) =>
          `${place}: ${stamped ?? 'its time stamp was not judged: the plan names no authority'}`,
      ),
      ...(unplaced > 0
        ? [
            `${counted(unplaced)} were recorded before the log was a tree; nothing vouches for them.`,
          ]
        : []),
      ...(kept.length === 0
        ? ['No head from outside was given: a log that was cut with its heads would not show.']
        : []),
    ]);
    return faults.length === 0 ? exitCodes.ok : exitCodes.integrityBroken;
  });
}

/** @throws HandoverError `time-stamp-wrong` (exit 8) */
function stampOf(
  { place, note, token }: KeptAnchor,
  authority: StampAuthority | undefined,
): { place: string; stamped: string | undefined }[] {
  if (token === undefined) return [];
  if (authority === undefined) return [{ place, stamped: undefined }];
  const { trusted, policy } = authority;
  const witness = { digest: sha256(note), trusted, policy };
  const stamp = verifyTimeStamp(Buffer.from(token, 'base64'), witness);
  if (typeof stamp === 'string') throw stampWrong(stamp);
  return [{ place, stamped: `stamped ${stamp.time.toISOString()}` }];
}

const readAtOnce = 8;

/** Every version of every anchor: one that was put over another hides nothing. */
async function anchorsIn({ bucket, prefix }: NonNullable<Keepers['store']>): Promise<KeptAnchor[]> {
  const now = systemClock.now();
  const objects = await listVersions(bucket, prefix, now);
  const texts: { key: string; text: string }[] = [];
  for (let from = 0; from < objects.length; from += readAtOnce) {
    const some = objects.slice(from, from + readAtOnce);
    const bodies = await Promise.all(some.map((one) => getVersion(bucket, one, now)));
    texts.push(...bodies.map((body, at) => ({ key: some[at]!.key, text: body.toString('utf8') })));
  }
  const tokens = new Map(texts.map(({ key, text }) => [key, text]));
  return texts
    .filter(({ key }) => key.endsWith('.anchor'))
    .map(({ key, text }) => ({
      place: key,
      note: text,
      token: tokens.get(`${key}${stampSuffix}`),
    }));
}

async function readAnchor(place: string): Promise<KeptAnchor> {
  try {
    const note = await readFile(place, 'utf8');
    const token = await readFile(`${place}${stampSuffix}`, 'utf8').catch(() => undefined);
    return { place, note, token };
  } catch (error) {
    throw new HandoverError('anchor-missing', `${place} cannot be read`, {
      exitCode: exitCodes.usage,
      next: 'Name a file that `handover audit anchor` wrote.',
      cause: error,
    });
  }
}

/** @throws HandoverError `plan-invalid` (exit 3) */
async function keepersOf(project: Project, output: Output): Promise<Keepers> {
  const { value, problems } = await readProject(project.folder);
  const today = systemClock.now().toISOString().slice(0, 10);
  const found = value
    ? [...anchorProblems(value, project.environment), ...endedExceptions(value, today)]
    : problems;
  if (value === undefined || found.length > 0) {
    output.problems(found);
    throw planInvalid(found.length);
  }
  const settings = value.document.anchors;
  const resolved = resolveEnvironment(settings, project.environment, ['anchors'], value, []);
  const { timeStamp, bucket } = resolved as PlanDocument['anchors'];
  return {
    ...(timeStamp && {
      authority: {
        url: new URL(timeStamp.url),
        timeoutMs,
        policy: timeStamp.policy,
        trusted: await certificatesIn(resolve(project.folder, timeStamp.authorities)),
      },
    }),
    ...(bucket && {
      store: {
        bucket: { ...bucket, url: new URL(bucket.url), timeoutMs },
        prefix: bucket.prefix,
        keepDays: bucket.keepDays,
      },
    }),
  };
}

/** @throws HandoverError `tls-file-unreadable` (exit 2) */
async function certificatesIn(place: string): Promise<X509Certificate[]> {
  const text = await readFile(place, 'utf8').catch(() => '');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Told below: what OpenSSL says of it helps nobody.
  }
  throw new HandoverError(
    'tls-file-unreadable',
    `${place} holds no certificate that can be read.`,
    {
      exitCode: exitCodes.usage,
      next: '`anchors.timeStamp.authorities` in the plan names a PEM file of the authority’s certificates.',
    },
  );
}

function nowhere(): HandoverError {
  return new HandoverError('anchor-nowhere', 'The head of the log would be kept nowhere.', {
    exitCode: exitCodes.usage,
    next: 'Give `--out FILE` (or `--out -`, to send it on), or name `anchors.bucket` in the plan.',
  });
}

function noBucket(): HandoverError {
  return new HandoverError(
    'anchor-bucket-missing',
    'The plan names no bucket that keeps anchors.',
    {
      exitCode: exitCodes.usage,
      next: 'Write `anchors: { bucket: … }` into handover.yaml, or name files with `--anchor FILE`.',
    },
  );
}
