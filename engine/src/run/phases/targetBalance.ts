import type { JsonObject } from '../../base/json.ts';
import type { Target, TargetId } from '../../model/target.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import { objects, text, texts } from '../../verification/concepts/elements.ts';
import { ReadBack } from '../../verification/readBack.ts';
import {
  ageBalances,
  parseAmount,
  type BalanceFigures,
  type OpenCharge,
  type OpeningBalance,
  type Settlement,
} from '../../verification/trialBalance.ts';

/** Resources that are fetched at once. */
const atOnce = 500;

export const moneyTypes: ReadonlySet<string> = new Set([
  'Account',
  'Claim',
  'Coverage',
  'PaymentReconciliation',
]);

/**
 * Draw up the trial balance from what the target holds, read back through its own interface: claims
 * that are active, the payments and adjustments that settle them, and what active accounts brought
 * forward. `members` says what each reference and code was called in the old system, `apart` which
 * resources (`Claim/id`) are of a stream that tells of the same money once more.
 */
export async function targetBalance(
  target: Target,
  asOf: { day: string; ages: readonly number[] },
  { members, apart }: { members: ReadonlyMap<string, string>; apart: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<BalanceFigures> {
  const claims: JsonObject[] = [];
  const accounts: JsonObject[] = [];
  const settlements: Settlement[] = [];
  const payers = new Map<string, string>();
  for await (const [name, resource] of moneyResources(target, signal)) {
    const type = text(resource, 'resourceType');
    if (type === 'Coverage') payers.set(`Coverage/${text(resource, 'id')}`, payerOf(resource));
    else if (apart.has(name)) continue;
    else if (type === 'Claim') claims.push(resource);
    else if (type === 'Account') accounts.push(resource);
    else settlements.push(...settlementOf(resource));
  }
  const charges = claims.flatMap((claim) => chargeOf(claim, payers, members));
  const opening = accounts.flatMap((account) => openingOf(account, payers, members));
  return ageBalances(charges, settlements, asOf, opening);
}

/** Resources of money by the name that the ledger has for them, `Type/id`. */
async function* moneyResources(
  target: Target,
  signal: AbortSignal,
): AsyncGenerator<[name: string, resource: JsonObject]> {
  for await (const batch of target.scan(undefined, signal)) {
    const wanted = batch.resources.filter(
      ({ type, state }) => state === 'present' && moneyTypes.has(type),
    );
    for (let at = 0; at < wanted.length; at += atOnce) {
      const some = wanted.slice(at, at + atOnce);
      const fetched = await target.fetch(some, 'body', signal);
      for (const [nth, stored] of fetched.entries()) {
        const { resource } = new ReadBack(stored);
        const { type, id } = some[nth] as TargetId;
        if (resource !== undefined) yield [`${type}/${id}`, resource];
      }
    }
  }
}

/** The first value of a concept of the catalogue, as `facts:` would read it. */
function first(resource: JsonObject, concept: string): string {
  return concepts.get(concept)?.read(resource)[0]?.value ?? '';
}

/** Who pays, where it is an organization; a patient who pays alone is no payer. */
function payerOf(coverage: JsonObject): string {
  const payer = first(coverage, 'coverage-payer');
  return payer.startsWith('Organization/') ? payer : '';
}

function chargeOf(
  claim: JsonObject,
  payers: ReadonlyMap<string, string>,
  members: ReadonlyMap<string, string>,
): OpenCharge[] {
  if (first(claim, 'claim-status') !== 'active') return [];
  const named = namesIn(members);
  const patient = text(claim, 'patient.reference');
  return [
    {
      id: `Claim/${text(claim, 'id')}`,
      amount: parseAmount(first(claim, 'claim-total')) ?? 0n,
      day: first(claim, 'claim-service-date').slice(0, 10),
      members: {
        facility: named(first(claim, 'claim-provider')),
        class: named(first(claim, 'claim-class')),
        payer: named(payers.get(first(claim, 'claim-coverage')) ?? ''),
        guarantor: named(first(claim, 'claim-guarantor') || patient),
      },
    },
  ];
}

function namesIn(members: ReadonlyMap<string, string>): (there: string) => string {
  return (there) => (there === '' ? '' : (members.get(there) ?? 'unknown'));
}

/** `Account.balance` of FHIR R5 as its extension: an amount by term, the first day of an age. */
const balanceUrl = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Account.balance';

function openingOf(
  account: JsonObject,
  payers: ReadonlyMap<string, string>,
  members: ReadonlyMap<string, string>,
): OpeningBalance[] {
  if (first(account, 'account-status') !== 'active') return [];
  const named = namesIn(members);
  const own = {
    facility: named(first(account, 'account-owner')),
    class: named(first(account, 'account-class')),
    payer: named(payers.get(first(account, 'account-coverage')) ?? ''),
    guarantor: named(first(account, 'account-guarantor')),
  };
  return objects(account, 'extension')
    .filter((one) => text(one, 'url') === balanceUrl)
    .map((one) => ({
      column: texts(one, 'extension.valueCodeableConcept.coding.code')[0] ?? '',
      amount: parseAmount(texts(one, 'extension.valueMoney.value')[0] ?? '') ?? 0n,
      members: own,
    }));
}

function settlementOf(resource: JsonObject): Settlement[] {
  if (first(resource, 'payment-status') !== 'active') return [];
  const kinds = concepts.get('payment-kind')?.read(resource) ?? [];
  const charge = first(resource, 'payment-claim');
  const concept = charge === '' ? 'payment-amount' : 'payment-applied';
  return [
    {
      charge: charge === '' ? undefined : charge,
      amount: parseAmount(first(resource, concept)) ?? 0n,
      badDebt: kinds.some(({ value }) => value === 'bad-debt'),
    },
  ];
}
