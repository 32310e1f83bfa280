#!/usr/bin/env node
/**
 * Verify a certificate of migration, offline and without Handover: this one file and Node 18 or newer.
 *
 *   node verify-certificate.mjs CERTIFICATE --key KEY [--ledger FILE] [--proof FILE]
 *                               [--log FILE] [--anchor FILE]… [--json]
 *
 * KEY is the issuer's verifier key (`name+hash+key`), or a file that holds it. It must reach you by
 * another way than the certificate: whoever forges the one could enclose the other.
 *
 * Ends with 0 when everything given holds, 8 when something does not, 2 when it was called wrongly.
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';

/** Why something is refused: a stable code, and the sentence for people. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// --- Signed notes (C2SP signed-note) and checkpoints (C2SP tlog-checkpoint) ---------------------

/** @param {string} text `name+hash+key` */
export function readKey(text) {
  const [, name, hash, encoded] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\s*$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (name === undefined || bytes.length !== 33 || bytes[0] !== 1) {
    throw new Refusal('key-unreadable', 'the key is no Ed25519 verifier key (name+hash+key)');
  }
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), bytes])).subarray(0, 4);
  if (id.toString('hex') !== hash) {
    throw new Refusal('key-unreadable', 'the hash in the key is not that of the key');
  }
  // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) is twelve bytes and the key itself.
  const header = Buffer.from('302a300506032b6570032100', 'hex');
  const der = Buffer.concat([header, bytes.subarray(1)]);
  return { name, id, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** The text that the holder of `key` signed. */
export function openNote(note, key) {
  const end = note.lastIndexOf('\n\n') + 1;
  if (end === 0) throw new Refusal('not-signed', 'it carries no signature');
  const text = note.slice(0, end);
  const lines = note.slice(end + 1).split('\n');
  const own = lines.filter((line) => line.startsWith(`\u2014 ${key.name} `));
  for (const line of own) {
    const bytes = Buffer.from(line.slice(line.lastIndexOf(' ') + 1), 'base64');
    if (!bytes.subarray(0, 4).equals(key.id)) continue;
    if (verifySignature(null, Buffer.from(text), key.publicKey, bytes.subarray(4))) return text;
    throw new Refusal(
      'signature-wrong',
      'it was altered after it was signed, or the signature was',
    );
  }
  throw new Refusal('signer-other', 'it was not signed with the key you gave');
}

function readCheckpoint(note, key) {
  const [name, size, root, end] = openNote(note, key).split('\n');
  const hash = Buffer.from(root ?? '', 'base64');
  if (name !== key.name || !/^\d{1,15}$/.test(size ?? '') || hash.length !== 32 || end !== '') {
    throw new Refusal('checkpoint-unreadable', 'a checkpoint is no checkpoint of this log');
  }
  return { size: Number(size), root: hash };
}

// --- Merkle trees (RFC 6962) ---------------------------------------------------------------------

function sha256(data) {
  return createHash('sha256').update(data).digest();
}

const leafHash = (data) => sha256(Buffer.concat([Buffer.of(0), data]));
const nodeHash = (left, right) => sha256(Buffer.concat([Buffer.of(1), left, right]));

/** The root at each of `sizes` of the tree that these leaf hashes grow. */
export function rootsAt(leaves, sizes) {
  const wanted = new Set(sizes);
  const roots = new Map();
  const peaks = [];
  const root = () =>
    peaks.length === 0
      ? sha256('')
      : peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), peaks.at(-1));
  if (wanted.has(0)) roots.set(0, root());
  for (const [at, leaf] of leaves.entries()) {
    let peak = leaf;
    for (let rest = at; rest % 2 === 1; rest = (rest - 1) / 2) peak = nodeHash(peaks.pop(), peak);
    peaks.push(peak);
    if (wanted.has(at + 1)) roots.set(at + 1, root());
  }
  return roots;
}

/** The root that an audit path leads to (RFC 9162 §2.1.3.2); undefined where its length is wrong. */
export function rootOfPath(leaf, place, size, path) {
  if (!(Number.isSafeInteger(place) && place >= 0 && place < size)) return undefined;
  let node = place;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else hash = nodeHash(hash, sibling);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

// --- The certificate ----------------------------------------------------------------------------

const format = 'handover-certificate/1';

/** What was signed, read; only the one way of writing it is accepted, so nothing can be read twice. */
export function readBody(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal('not-readable', 'what was signed is no JSON');
  }
  if (`${written(body)}\n` !== text) {
    throw new Refusal('written-otherwise', 'a name is repeated, or it is written in another form');
  }
  if (body?.format !== format) {
    throw new Refusal('format-unknown', `it is no certificate of the form ${format}`);
  }
  return body;
}

/** The one way a certificate is written: what stands three levels deep is one line each. */
export function written(value, depth = 0) {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (depth === 3 || inner.length === 0) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const lines = inner.map(([name, each]) => {
    const text = written(each, depth + 1);
    return `${' '.repeat(depth + 1)}${isList ? text : `${JSON.stringify(name)}: ${text}`}`;
  });
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(depth)}${close}`;
}

/** Promise 1, recomputed: nothing counted may be missing on either side. */
function judgeBalances({ streams, targets }) {
  for (const { stream, read, mapped, quarantined, excluded, waiting, recount } of streams) {
    const whole = sum([mapped, quarantined, excluded, waiting]);
    if (read !== whole || recount.read !== read || recount.mapped !== mapped) {
      throw new Refusal('balance-broken', `the source items of ${stream} do not add up`);
    }
    if (recount.quarantined !== quarantined || recount.excluded !== excluded) {
      throw new Refusal('balance-broken', `the source items of ${stream} do not add up`);
    }
  }
  for (const { stream, target, drafted, ...line } of targets) {
    const { loaded, merged, superseded, removed, quarantined, excluded, waiting } = line;
    const whole = sum([loaded, merged, superseded, removed, quarantined, excluded, waiting]);
    if (drafted !== whole) {
      throw new Refusal(
        'balance-broken',
        `what was made of ${stream} for ${target} does not add up`,
      );
    }
  }
}

/** A whole number of things; anything else would let a sum say what it likes. */
function sum(numbers) {
  let whole = 0;
  for (const number of numbers) {
    if (!Number.isSafeInteger(number) || number < 0) {
      throw new Refusal('balance-broken', 'a count is no whole number');
    }
    whole += number;
  }
  return whole;
}

const colours = ['red', 'amber', 'green'];

/** The best colour that the figures of the report allow. */
function bestColour(report) {
  const { run, streams, targets, dispositions, findings, goals, trialBalances, held } = report;
  const red =
    ['failed', 'undone'].includes(run.state) ||
    findings.some(({ kind }) => kind !== 'unverifiable') ||
    targets.some(({ missing, extra, different }) => missing + extra + different > 0) ||
    dispositions.some(({ fate }) => fate === 'undecided') ||
    goals.some(({ found, goal }) => found > goal) ||
    trialBalances.some(
      (one) => one.guarantorsDiffering > 0 || one.lines.some((line) => !line.ties),
    );
  if (red) return 'red';
  const settled =
    run.state === 'finished' &&
    held.length === 0 &&
    findings.length === 0 &&
    streams.every((one) => one.waiting === 0 && one.keyed) &&
    streams.every(({ sourceCount, read }) => (sourceCount ?? read) === read) &&
    targets.every(({ waiting, loaded, compared }) => waiting === 0 && compared >= loaded) &&
    targets.every(({ loaded, facts }) => loaded === 0 || facts > 0);
  return settled ? 'green' : 'amber';
}

function judgeVerdict(report) {
  const best = bestColour(report);
  if (colours.indexOf(report.verdict.color) > colours.indexOf(best)) {
    throw new Refusal(
      'verdict-too-good',
      `the verdict is ${report.verdict.color}, but its own figures allow ${best} at best`,
    );
  }
}

// --- Gates --------------------------------------------------------------------------------------

const approversNeeded = 2;

/** Nobody may wave on a wrong patient, a lost allergy, a lowered label or money that does not tie. */
const neverWaived =
  /^(run\.|identity\.wrong-patient$|allergies\.lost$|labels\.|money\.untied$|samples\.unsafe$|endpoints\.)/;

/** A gate that is said to be open was opened by the rules, on the very figures of the report. */
function judgeGates({ gates, issuedAt, report }) {
  for (const gate of gates) {
    judgeFigures(gate, report);
    if (gate.state !== 'open' && gate.state !== 'passed') continue;
    judgeApprovers(gate);
    const at = Date.parse(isoOf(gate.passedAt ?? issuedAt));
    for (const waiver of gate.waivers) judgeWaiver(gate, waiver, at);
    const waived = new Set(gate.waivers.map(({ criterion }) => criterion));
    const unmet = gate.criteria.find(({ id, goal, found }) => !(found <= goal) && !waived.has(id));
    if (unmet !== undefined) {
      throw new Refusal(
        'gate-unmet',
        `${gate.gate} is said to be open, but ${unmet.id} is not met`,
      );
    }
  }
}

/** PostgreSQL writes instants with a space and a short zone. */
function isoOf(text) {
  return text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
}

function judgeApprovers({ gate, author, approvals, waivers }) {
  const barred = new Set([author, ...waivers.map(({ owner }) => owner)]);
  const names = approvals.map(({ approver }) => approver);
  const approvers = new Set(names.filter((name) => typeof name === 'string' && name !== ''));
  if (names.some((name) => barred.has(name)) || approvers.size < approversNeeded) {
    throw new Refusal(
      'gate-approvers',
      `${gate} was not approved by ${approversNeeded} others than who asked or waived`,
    );
  }
}

function judgeWaiver({ gate, criteria }, { criterion: id, owner, givenAt, expiresAt }, at) {
  const criterion = criteria.find((one) => one.id === id);
  const inForce = Date.parse(givenAt) <= at + 1000 && Date.parse(expiresAt) > at;
  const mayBe = criterion?.waivable === true && !neverWaived.test(id);
  if (mayBe && criterion.owner === owner && inForce) return;
  throw new Refusal('waiver-wrong', `${id} of ${gate} was waived by whom, or when, nobody may`);
}

/** What nobody may waive is counted again from the report. */
function judgeFigures({ gate, criteria }, { findings, held, trialBalances }) {
  const target = gate.replace(/^open:/, '');
  const own = findings.filter((line) => line.target === target);
  const count = (lines) => sum(lines.map((line) => line.count));
  const subject = /\.(subject|patient|beneficiary)(\.reference)?$/;
  const expected = {
    'identity.wrong-patient': count(
      own.filter(({ code, path }) => code === 'subject-different' || subject.test(path)),
    ),
    'allergies.lost':
      count(own.filter(({ type, kind }) => type === 'AllergyIntolerance' && kind === 'missing')) +
      count(
        held.filter(
          (line) =>
            (line.target === '' || line.target === target) &&
            /^AllergyIntolerance(?:[.#]|$)/.test(line.path),
        ),
      ),
    'labels.lowered': count(
      own.filter(({ path }) => /(^|\.)(meta\.security|security)\b/.test(path)),
    ),
    'money.untied': sum(
      trialBalances
        .filter((balance) => balance.target === target)
        .map(
          ({ guarantorsDiffering, lines }) =>
            guarantorsDiffering + lines.filter(({ ties }) => !ties).length,
        ),
    ),
  };
  for (const [id, found] of Object.entries(expected)) {
    const line = criteria.find((one) => one.id === id);
    if (line?.found === found && line.goal === 0) continue;
    throw new Refusal('gate-count', `${gate} counts another ${id} than the report`);
  }
}

// --- The ledger beside it ------------------------------------------------------------------------

const counted = ['read', 'mapped', 'quarantined', 'excluded'];
const compared = ['compared', 'verified', 'facts', 'missing', 'extra', 'different', 'unverifiable'];

/** Every batch is in the tree whose root was signed, and together they count what is certified. */
function judgeLedger(text, { report, ledger }) {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Refusal('ledger-cut', 'the ledger ends within a line');
  if (lines.length !== ledger.batches) {
    throw new Refusal(
      'ledger-size',
      `the ledger has ${lines.length} batches, the certificate ${ledger.batches}`,
    );
  }
  const leaves = lines.map((line) => leafHash(Buffer.from(line)));
  const root = rootsAt(leaves, [lines.length]).get(lines.length).toString('base64');
  if (root !== ledger.root) {
    throw new Refusal('ledger-differs', 'the ledger is not the one the certificate was made from');
  }
  const totals = new Map();
  for (const line of lines) addCounts(totals, JSON.parse(line));
  const total = (...place) => totals.get(JSON.stringify(place)) ?? 0;
  for (const line of report.streams) {
    const wrong = counted.find((name) => total(line.stream, '', name) !== line[name]);
    if (wrong !== undefined) {
      throw new Refusal('ledger-count', `the batches of ${line.stream} count another "${wrong}"`);
    }
  }
  for (const line of report.targets) {
    const { stream, target } = line;
    const wrong = compared.find((name) => total(stream, target, name) !== line[name]);
    if (wrong !== undefined) {
      throw new Refusal(
        'ledger-count',
        `the batches of ${stream} at ${target} count another "${wrong}"`,
      );
    }
  }
}

function addCounts(totals, { stream, target, effect }) {
  for (const [name, number] of Object.entries(effect)) {
    const place = JSON.stringify([stream, target, name]);
    totals.set(place, (totals.get(place) ?? 0) + number);
  }
}

// --- One item ------------------------------------------------------------------------------------

/** A signed proof about one source item: each of its entries is in a batch of the certified ledger. */
function judgeProof(note, key, { report, ledger }) {
  const proof = JSON.parse(openNote(note, key));
  if (proof.format !== 'handover-proof/1' || proof.run !== report.run.id) {
    throw new Refusal('proof-of-another', 'the proof belongs to another run');
  }
  if (!proof.entries.some(({ batch }) => JSON.parse(batch).phase === 'extract')) {
    throw new Refusal('proof-empty', 'the proof does not show that the item was read');
  }
  return proof.entries.map((entry) => judgeEntry(entry, ledger));
}

function judgeEntry({ leaf, place, size, path, batch, batchPlace, batchPath }, ledger) {
  const hashes = (texts) => texts.map((text) => Buffer.from(text, 'base64'));
  const data = sha256(Buffer.concat(hashes([leaf.salt, leaf.token, leaf.digest])));
  const { phase, stream, target, root } = JSON.parse(batch);
  const found = rootOfPath(leafHash(data), place, size, hashes(path));
  if (found?.toString('base64') !== root) {
    throw new Refusal('proof-wrong', `the entry is not in the batch it names (${phase})`);
  }
  const hash = leafHash(Buffer.from(batch));
  const top = rootOfPath(hash, batchPlace, ledger.batches, hashes(batchPath));
  if (top?.toString('base64') !== ledger.root) {
    throw new Refusal('proof-wrong', `the batch is not in the certified ledger (${phase})`);
  }
  return { phase, stream, target };
}

// --- The audit log -------------------------------------------------------------------------------

/** The log that the certificate names goes on from every head that was kept elsewhere. */
function judgeLog({ audit }, anchors, leafText) {
  const key = readKey(audit.key);
  const own = readCheckpoint(audit.checkpoint, key);
  const heads = anchors.map((note) => readCheckpoint(note, key));
  for (const { size, root } of heads) {
    if (size > own.size && leafText === undefined) {
      throw new Refusal(
        'log-rolled-back',
        `a head of ${size} looks was signed before this of ${own.size}`,
      );
    }
    if (size === own.size && !root.equals(own.root)) {
      throw new Refusal('log-forked', `two heads of ${size} looks were signed that differ`);
    }
  }
  if (leafText === undefined) return own.size;
  const lines = leafText.split('\n').filter((line) => line !== '');
  const leaves = lines.map((line) => Buffer.from(line, 'hex'));
  const roots = rootsAt(
    leaves,
    [own, ...heads].map(({ size }) => size),
  );
  for (const { size, root } of [own, ...heads]) {
    if (size > leaves.length) {
      throw new Refusal(
        'log-truncated',
        `a head of ${size} looks was signed; the log has ${leaves.length}`,
      );
    }
    if (!roots.get(size).equals(root)) {
      throw new Refusal('log-rewritten', `the first ${size} looks are not those that were signed`);
    }
  }
  return own.size;
}

// --- All of it -----------------------------------------------------------------------------------

/**
 * @param {{ certificate: string, key: string, ledger?: string, proof?: string, log?: string,
 *   anchors?: string[] }} given texts
 * @returns {{ body: object, entries: object[], looks: number, notChecked: string[] }}
 * @throws {Refusal}
 */
export function verifyCertificate({ certificate, key, ledger, proof, log, anchors = [] }) {
  const issuer = readKey(key);
  const body = readBody(openNote(certificate, issuer));
  judgeBalances(body.report);
  judgeVerdict(body.report);
  judgeGates(body);
  if (ledger !== undefined) judgeLedger(ledger, body);
  const entries = proof === undefined ? [] : judgeProof(proof, issuer, body);
  const looks = judgeLog(body, anchors, log);
  const notChecked = [
    ...(ledger === undefined ? ['the counts against the batches (--ledger)'] : []),
    ...(log === undefined ? ['the audit log against its signed head (--log)'] : []),
    ...(anchors.length === 0 ? ['that the audit log was never cut (--anchor)'] : []),
    ...body.report.notCompared.map(({ what, why }) => `${what}: ${why}`),
  ];
  return { body, entries, looks, notChecked };
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Refusal('file-missing', `${file} cannot be read`);
  }
}

function gateLine({ gate, state, author, approvals, waivers }) {
  const names = approvals.map(({ approver }) => approver).join(', ');
  const asked = author === undefined ? '' : `, asked for by ${author}`;
  const waived = waivers
    .map(({ criterion, owner }) => `; ${criterion} waived by ${owner}`)
    .join('');
  return `Gate ${gate}: ${state}${asked}, approved by ${names === '' ? 'nobody' : names}${waived}`;
}

function resultLines({ body, entries, looks, notChecked }) {
  const { report } = body;
  const read = report.streams.reduce((all, one) => all + one.read, 0);
  const loaded = report.targets.reduce((all, one) => all + one.loaded, 0);
  return [
    `Verified: ${report.project}, run ${report.run.id}, issued ${body.issuedAt}.`,
    `${report.verdict.color}: ${report.verdict.sentence}`,
    ...report.verdict.reasons.map((reason) => `  ${reason}`),
    `${read} source items read, ${loaded} resources loaded, ${looks} looks at patients on record.`,
    ...entries.map(
      ({ phase, stream, target }) =>
        `  The item is in the ledger: ${phase} ${stream}${target === '' ? '' : ` at ${target}`}`,
    ),
    ...body.gates.map(gateLine),
    body.notice,
    'Not checked:',
    ...notChecked.map((line) => `  ${line}`),
  ];
}

const usage =
  'usage: verify-certificate CERTIFICATE --key KEY [--ledger FILE] [--proof FILE] [--log FILE] ' +
  '[--anchor FILE]… [--json]\n';

const file = { type: 'string' };
const options = {
  key: file,
  ledger: file,
  proof: file,
  log: file,
  anchor: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
};

function wordsOf(args) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch {
    return { values: {}, positionals: [] };
  }
}

function main(args) {
  const { values, positionals } = wordsOf(args);
  if (positionals.length !== 1 || values.key === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const optional = (name) => (values[name] === undefined ? {} : { [name]: textOf(values[name]) });
  try {
    const result = verifyCertificate({
      certificate: textOf(positionals[0]),
      key: existsSync(values.key) ? textOf(values.key) : values.key,
      ...optional('ledger'),
      ...optional('proof'),
      ...optional('log'),
      anchors: (values.anchor ?? []).map(textOf),
    });
    const { entries, looks, notChecked } = result;
    const data = {
      format: 'handover-certificate-check/1',
      verified: true,
      entries,
      looks,
      notChecked,
    };
    process.stdout.write(
      values.json ? `${JSON.stringify(data)}\n` : `${resultLines(result).join('\n')}\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message } = error;
    const data = { format: 'handover-certificate-check/1', verified: false, code, message };
    process.stdout.write(
      values.json ? `${JSON.stringify(data)}\n` : `REFUSED (${code}): ${message}\n`,
    );
    return 8;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    // A certificate that is no certificate at all must not look like one that was checked.
    process.stdout.write(
      `REFUSED (unreadable): ${error instanceof Error ? error.name : 'error'}\n`,
    );
    process.exitCode = 8;
  }
}
