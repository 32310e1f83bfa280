import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { compact, concept, entryText, names, quantity, timeSpan } from '../values.ts';
import { actOf, begin, isNegated, related, settle, statusOf } from './entry.ts';
import type { EntryRule } from './entry.ts';

const statuses: Readonly<Record<string, string>> = {
  completed: 'completed',
  active: 'partial',
  nullified: 'entered-in-error',
};

const genders: Readonly<Record<string, string>> = { M: 'male', F: 'female', UN: 'other' };
const genderSystem = 'http://hl7.org/fhir/administrative-gender';

/** Family History Organizer (2.16.840.1.113883.10.20.22.4.45): one relative, and what they had. */
export const familyHistory: EntryRule = (entry, _section, conversion) => {
  const made = begin('FamilyMemberHistory', entry, conversion);
  fill(made, 'status', statuses[statusOf(entry)] ?? 'health-unknown');
  const relative = entry.at('subject', 'relatedSubject');
  const relationship = concept(relative?.child('code'), conversion);
  fill(made, 'relationship', relationship ?? { text: 'unknown' });
  const person = relative?.child('subject');
  fill(made, 'name', names(person, conversion)[0]?.text ?? nameWords(person, conversion));
  const gender = genders[person?.child('administrativeGenderCode')?.attribute('code') ?? ''];
  person?.child('administrativeGenderCode')?.attribute('codeSystem');
  fill(made, 'sex', gender && { coding: [{ system: genderSystem, code: gender }] });
  const born = conversion.time(person?.child('birthTime'));
  if (born?.length === 10) fill(made, 'bornDate', born);
  else fill(made, 'bornString', born);
  const dead = person?.child('sdtc:deceasedInd')?.attribute('value');
  const died = conversion.time(person?.child('sdtc:deceasedTime'))?.slice(0, 10);
  if (died !== undefined) fill(made, 'deceasedDate', died);
  else if (dead !== undefined) fill(made, 'deceasedBoolean', dead === 'true');
  for (const component of entry.all('component')) {
    const act = actOf(component);
    if (act?.name !== 'observation') continue;
    if (isNegated(act)) conversion.issue('negation-kept-out', act);
    else add(made, 'condition', conditionOf(act, conversion));
  }
  return [made];
};

function nameWords(person: XmlElement | undefined, conversion: Conversion): string | undefined {
  const [name] = names(person, conversion);
  const given = (name?.given as string[] | undefined) ?? [];
  const words = [...given, name?.family as string | undefined].filter(Boolean).join(' ');
  return words === '' ? undefined : words;
}

/** Family History Observation, with its age and whether it was what they died of. */
function conditionOf(entry: XmlElement, conversion: Conversion): Element | undefined {
  settle(entry);
  entry.all('id').forEach((id) => id.readWhole());
  const [age] = related(entry, '2.16.840.1.113883.10.20.22.4.31');
  settle(age);
  const [death] = related(entry, '2.16.840.1.113883.10.20.22.4.47');
  settle(death);
  death?.child('value')?.readWhole();
  const onset = quantity(age?.child('value'), conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const text = entryText(entry, conversion);
  return compact({
    code: concept(entry.child('value'), conversion) ?? { text: text ?? 'unknown' },
    contributedToDeath: death === undefined ? undefined : true,
    onsetAge: onset,
    onsetString: onset === undefined ? (point ?? period?.start) : undefined,
  });
}
