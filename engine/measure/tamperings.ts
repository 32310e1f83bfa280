import type { Certificate } from '../src/contract/certificate.ts';
import type { SigningKey } from '../src/keys/signingKey.ts';
import { written, type GivenFiles } from '../verify-certificate/verify-certificate.mjs';

/** A certificate with all that goes with it, and the hands that could forge it. */
export interface Material {
  whole: Required<GivenFiles>;
  /** A signed head of the audit log that is younger than the certificate. */
  later: string;
  /** Sign as the issuer, or with a key of one's own under the issuer's name. */
  sign: (text: string, key?: SigningKey) => string;
  stranger: SigningKey;
  strangerKey: string;
}

export interface Tampering {
  kind: string;
  /** Why the verifier must refuse it. */
  code: string;
  alter: (material: Material) => Partial<GivenFiles>;
}

type Writable = ReturnType<typeof JSON.parse>;

function bodyOf(certificate: string): string {
  return certificate.slice(0, certificate.lastIndexOf('\n\n') + 1);
}

/** Change the text behind a signature that stays as it was. */
function unsigned(kind: string, change: (body: Writable) => void): Tampering {
  return {
    kind: `${kind}, signature kept`,
    code: 'signature-wrong',
    alter: ({ whole: { certificate } }) => {
      const text = bodyOf(certificate);
      return { certificate: changed(text, change) + certificate.slice(text.length) };
    },
  };
}

/** What somebody who holds the issuer's key could do. */
function resigned(kind: string, code: string, change: (body: Writable) => void): Tampering {
  return {
    kind: `${kind}, signed again by the issuer`,
    code,
    alter: ({ whole, sign }) => ({ certificate: sign(changed(bodyOf(whole.certificate), change)) }),
  };
}

function changed(text: string, change: (body: Writable) => void): string {
  const body: Writable = JSON.parse(text);
  change(body);
  return `${body.format === 'handover-proof/1' ? JSON.stringify(body, null, 2) : written(body)}\n`;
}

type Report = Certificate['report'];
const firstStream = (report: Report) => report.streams.find(({ mapped }) => mapped > 0) as Writable;
const firstTarget = (report: Report) => report.targets.find(({ loaded }) => loaded > 0) as Writable;

/** The certified gate as if it had been opened by the rules: what each forgery of it begins with. */
function opened({ gates }: Certificate, change: (gate: Writable) => void): void {
  const gate = gates[0] as Writable;
  gate.state = 'open';
  gate.approvals = ['officer', 'doctor'].map((approver) => ({
    approver,
    approvedAt: '2026-01-01T00:00:00Z',
  }));
  change(gate);
}

const gateForgeries: readonly Tampering[] = [
  unsigned('another approver of a gate', ({ gates }) => {
    gates[0].approvals[0].approver = 'somebody.else';
  }),
  unsigned('a waiver taken away', ({ gates }) => {
    gates[0].waivers.pop();
  }),
  resigned('a gate opened by one', 'gate-approvers', (body) =>
    opened(body, (gate) => {
      gate.approvals.pop();
    }),
  ),
  resigned('a gate opened by one who is named twice', 'gate-approvers', (body) =>
    opened(body, (gate) => {
      gate.approvals[1] = gate.approvals[0];
    }),
  ),
  resigned('a gate approved by who asked for it', 'gate-approvers', (body) =>
    opened(body, (gate) => {
      gate.approvals[1].approver = gate.author;
    }),
  ),
  resigned('a gate approved by who waived part of it', 'gate-approvers', (body) =>
    opened(body, (gate) => {
      gate.approvals[1].approver = gate.waivers[0].owner;
    }),
  ),
  resigned('a waiver that has ended', 'waiver-wrong', (body) =>
    opened(body, (gate) => {
      gate.waivers[0].expiresAt = '2020-01-01T00:00:00Z';
    }),
  ),
  resigned('a waiver of somebody who is not the owner', 'waiver-wrong', (body) =>
    opened(body, (gate) => {
      gate.waivers[0].owner = 'somebody.else';
    }),
  ),
  resigned('a waiver of what nobody may waive', 'waiver-wrong', (body) =>
    opened(body, (gate) => {
      gate.waivers[0].criterion = 'allergies.lost';
    }),
  ),
  resigned('a waiver of what was said to be waivable', 'waiver-wrong', (body) =>
    opened(body, (gate) => {
      const lost = gate.criteria.find(({ id }: Writable) => id === 'identity.wrong-patient');
      Object.assign(lost, { waivable: true, owner: gate.waivers[0].owner });
      gate.waivers[0].criterion = 'identity.wrong-patient';
    }),
  ),
  resigned('an unmet criterion of an open gate', 'gate-unmet', (body) =>
    opened(body, (gate) => {
      gate.waivers.pop();
    }),
  ),
  resigned('a count of a gate that the report has not', 'gate-count', ({ gates }) => {
    gates[0].criteria.find(({ id }: Writable) => id === 'identity.wrong-patient').found = 3;
  }),
  resigned('a criterion left out of a gate', 'gate-count', ({ gates }) => {
    gates[0].criteria = gates[0].criteria.filter(({ id }: Writable) => id !== 'allergies.lost');
  }),
];

export const tamperings: readonly Tampering[] = [
  ...gateForgeries,
  unsigned('one count', ({ report }) => {
    firstStream(report).read += 1;
  }),
  unsigned('one held cause hidden', ({ report }) => {
    report.held.pop();
  }),
  unsigned('a stream left out', ({ report }) => {
    report.streams.pop();
  }),
  unsigned('another approver', ({ report }) => {
    report.dispositions[0].approver = 'somebody else';
  }),
  unsigned('another plan', ({ plan }) => {
    plan.revision = '0'.repeat(64);
  }),
  unsigned('another mapping', ({ plan }) => {
    plan.files[1].sha256 = '0'.repeat(64);
  }),
  unsigned('a better verdict', ({ report }) => {
    report.verdict = { color: 'green', sentence: 'All is well.', reasons: [] };
  }),
  unsigned('the notice taken away', (body) => {
    body.notice = '';
  }),
  unsigned('another day', (body) => {
    body.issuedAt = '2020-01-01T00:00:00.000Z';
  }),
  unsigned('another ledger', ({ ledger }) => {
    ledger.root = Buffer.alloc(32).toString('base64');
  }),
  {
    kind: 'the signature cut off',
    code: 'not-signed',
    alter: ({ whole }) => ({ certificate: bodyOf(whole.certificate) }),
  },
  {
    kind: 'signed with another key under the same name',
    code: 'signer-other',
    alter: ({ whole, sign, stranger }) => ({
      certificate: sign(bodyOf(whole.certificate), stranger),
    }),
  },
  {
    kind: 'the verifier key swapped',
    code: 'signer-other',
    alter: ({ strangerKey }) => ({ key: strangerKey }),
  },
  {
    kind: 'the verifier key damaged',
    code: 'key-unreadable',
    alter: ({ whole }) => ({ key: whole.key.replace(/.=*$/, 'A=') }),
  },
  {
    kind: 'a name written twice, signed again by the issuer',
    code: 'written-otherwise',
    alter: ({ whole, sign }) => ({
      certificate: sign(bodyOf(whole.certificate).replace('{\n', '{\n "notice": "Certified.",\n')),
    }),
  },
  resigned('another form of certificate', 'format-unknown', (body) => {
    body.format = 'handover-certificate/9';
  }),
  resigned('a count that does not add up', 'balance-broken', ({ report }) => {
    firstStream(report).mapped += 1;
  }),
  resigned('a negative count', 'balance-broken', ({ report }) => {
    const stream = firstStream(report);
    stream.mapped -= stream.read + 1;
    stream.excluded += stream.read + 1;
  }),
  resigned('what was loaded does not add up', 'balance-broken', ({ report }) => {
    firstTarget(report).loaded += 1;
  }),
  resigned('a count that adds up', 'ledger-count', ({ report }) => {
    const stream = firstStream(report);
    for (const side of [stream, stream.recount]) {
      side.read += 1;
      side.mapped += 1;
    }
    stream.sourceCount += 1;
  }),
  resigned('more compared than was', 'ledger-count', ({ report }) => {
    firstTarget(report).compared += 1;
  }),
  resigned('a better verdict', 'verdict-too-good', ({ report }) => {
    report.verdict = { color: 'green', sentence: 'All is well.', reasons: [] };
  }),
  resigned('a difference beside a good verdict', 'verdict-too-good', ({ report }) => {
    firstTarget(report).different += 1;
  }),
  {
    kind: 'a batch left out of the ledger',
    code: 'ledger-size',
    alter: ({ whole }) => ({ ledger: whole.ledger.slice(whole.ledger.indexOf('\n') + 1) }),
  },
  {
    kind: 'the ledger cut within a line',
    code: 'ledger-cut',
    alter: ({ whole }) => ({ ledger: whole.ledger.slice(0, -5) }),
  },
  {
    kind: 'batches of the ledger changed places',
    code: 'ledger-differs',
    alter: ({ whole }) => {
      const [first = '', second = '', ...rest] = whole.ledger.split('\n');
      return { ledger: [second, first, ...rest].join('\n') };
    },
  },
  {
    kind: 'a count in the ledger',
    code: 'ledger-differs',
    alter: ({ whole }) => ({
      ledger: whole.ledger.replace(/"read":(\d+)/, (_, count) => `"read":${Number(count) + 1}`),
    }),
  },
  {
    kind: 'the audit log truncated',
    code: 'log-truncated',
    alter: ({ whole }) => ({ log: whole.log.slice(0, whole.log.indexOf('\n') + 1) }),
  },
  {
    kind: 'the audit log rewritten',
    code: 'log-rewritten',
    alter: ({ whole }) => ({ log: whole.log.replace(/^.{64}/, '0'.repeat(64)) }),
  },
  {
    kind: 'the audit log rolled back behind a head kept elsewhere',
    code: 'log-rolled-back',
    alter: ({ later }) => ({ log: undefined, anchors: [later] }),
  },
  {
    kind: 'a head kept elsewhere that nobody signed',
    code: 'signature-wrong',
    alter: ({ later }) => ({ anchors: [later.replace(/\n\d+\n/, '\n1\n')] }),
  },
  {
    kind: 'the entry of another item in a proof, signed again by the issuer',
    code: 'proof-wrong',
    alter: ({ whole, sign }) => ({
      proof: sign(
        changed(bodyOf(whole.proof), ({ entries }) => {
          entries[0].leaf.token = Buffer.alloc(16).toString('base64');
        }),
      ),
    }),
  },
  {
    kind: 'a proof of another run, signed again by the issuer',
    code: 'proof-of-another',
    alter: ({ whole, sign }) => ({
      proof: sign(
        changed(bodyOf(whole.proof), (proof) => {
          proof.run = '00000000-0000-0000-0000-000000000000';
        }),
      ),
    }),
  },
  {
    kind: 'a proof that shows nothing, signed again by the issuer',
    code: 'proof-empty',
    alter: ({ whole, sign }) => ({
      proof: sign(
        changed(bodyOf(whole.proof), (proof) => {
          proof.entries = [];
        }),
      ),
    }),
  },
  {
    kind: 'a proof altered',
    code: 'signature-wrong',
    alter: ({ whole }) => ({ proof: whole.proof.replace('item 1', 'item 2') }),
  },
];
