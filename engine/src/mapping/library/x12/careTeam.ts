import type { Loop } from '../../../formats/x12/loop.ts';
import { referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, own, terminology } from './codes.ts';
import type { Conversion } from './conversion.ts';
import { addressOf, partyOf } from './parties.ts';

/** NM101 (data element 98) of who took part in a claim, as FHIR's claim care team role. */
const roles: Readonly<Record<string, string>> = {
  '71': 'primary',
  '72': 'primary',
  '82': 'primary',
  DQ: 'supervisor',
  DD: 'assist',
};

/** Places that a loop of NM1 tells of: where it was done, where an ambulance came from and went. */
const facilities = new Set(['77', 'FA', 'LI', 'TL']);

/** Who took part in a claim and where; each stands once, whatever lines name them. */
export class CareTeam {
  /** Loops of a claim that name them. */
  readonly loops = ['2310A', '2310B', '2310C', '2310D', '2310E', '2310F', '2310G'];
  readonly lineLoops = [
    '2420A',
    '2420B',
    '2420C',
    '2420D',
    '2420E',
    '2420F',
    '2420G',
    '2420H',
    '2420I',
  ];
  readonly #claim: Resource;
  readonly #conversion: Conversion;
  readonly #members: Element[] = [];
  readonly #known = new Map<string, number>();

  constructor(claim: Resource, conversion: Conversion) {
    this.#claim = claim;
    this.#conversion = conversion;
  }

  /** The place of whom or what the loop names among the care team; undefined for a place. */
  of(loop: Loop): number | undefined {
    const code = loop.first.text(1);
    if (facilities.has(code)) {
      this.#claim['facility'] ??= this.facility(loop);
      return undefined;
    }
    const party = partyOf(loop, this.#conversion);
    if (party === undefined) return undefined;
    const { reference } = referenceTo(party);
    const key = `${code}|${reference}`;
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const sequence = this.#members.length + 1;
    this.#known.set(key, sequence);
    const role = roles[code] ?? 'other';
    const coding = [
      { system: `${terminology}claimcareteamrole`, code: role },
      { system: own('entity'), code },
    ];
    this.#members.push({ sequence, provider: { reference }, role: { coding } });
    return sequence;
  }

  /** A place of services, as a Location with the organization that it belongs to. */
  facility(loop: Loop): Element | undefined {
    const organization = partyOf(loop, this.#conversion);
    const address = addressOf(loop);
    if (organization === undefined && address === undefined) return undefined;
    const key = organization?.id ?? JSON.stringify(address);
    const location = this.#conversion.make('Location', key);
    if (organization !== undefined) {
      location['name'] = organization['name'];
      location['managingOrganization'] = referenceTo(organization);
    }
    if (address !== undefined) location['address'] = address;
    location['type'] = [coded(own('entity'), loop.first.text(1))];
    return referenceTo(location);
  }

  finish(): void {
    if (this.#members.length > 0) this.#claim['careTeam'] = this.#members;
  }
}
