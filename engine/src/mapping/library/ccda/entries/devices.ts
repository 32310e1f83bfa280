import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Reference } from '../../resource.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { concept, entryText, identifiers, plain, timeSpan } from '../values.ts';
import { begin, statusOf } from './entry.ts';
import type { EntryRule } from './entry.ts';

/** Product Instance (2.16.840.1.113883.10.20.22.4.37): a device of the patient's. */
export function productInstance(role: XmlElement, conversion: Conversion): Reference | undefined {
  const device = role.child('playingDevice');
  const type = concept(device?.child('code'), conversion);
  const known = identifiers(role);
  if (type === undefined && known.length === 0) return undefined;
  const made = begin('Device', role, conversion);
  fill(made, 'type', type);
  const carrier = role
    .all('id')
    .find((id) => id.peek('root') === udiRoot)
    ?.peek('extension');
  fill(made, 'udiCarrier', carrier && [{ carrierHRF: carrier }]);
  const model = plain(device?.child('manufacturerModelName')?.text ?? '');
  fill(made, 'modelNumber', model);
  const scope = role.child('scopingEntity');
  for (const id of scope?.all('id') ?? []) id.readWhole();
  fill(made, 'manufacturer', plain(scope?.child('desc')?.text ?? ''));
  return referenceTo(made);
}

/** FDA's namespace of unique device identifiers. */
const udiRoot = '2.16.840.1.113883.3.3719';

const statuses: Readonly<Record<string, string>> = {
  completed: 'completed',
  active: 'active',
  aborted: 'stopped',
  suspended: 'on-hold',
  cancelled: 'stopped',
  nullified: 'entered-in-error',
};

/** Non-Medicinal Supply Activity (2.16.840.1.113883.10.20.22.4.50): a device in use. */
export const deviceSupply: EntryRule = (entry, _section, conversion) => {
  const role = entry
    .all('participant')
    .map((each) => each.child('participantRole'))
    .find((each) => each !== undefined);
  const device = role && productInstance(role, conversion);
  const made = begin('DeviceUseStatement', entry, conversion);
  fill(made, 'status', statuses[statusOf(entry)] ?? 'active');
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'timingDateTime', point);
  fill(made, 'timingPeriod', period);
  fill(made, 'device', device ?? { display: entryText(entry, conversion) ?? 'unknown' });
  const amount = entry.child('quantity')?.attribute('value');
  if (amount !== undefined && amount !== '1') add(made, 'note', { text: `Quantity ${amount}` });
  return [made];
};
