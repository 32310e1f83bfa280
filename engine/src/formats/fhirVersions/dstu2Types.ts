import { stu3Types } from './stu3Types.ts';
import {
  addressed,
  bothWays,
  extensionValues,
  joined,
  listOf,
  move,
  moves,
  take,
  type Node,
  type Rule,
} from './rule.ts';

/** Family names were lists of parts. */
const familyName: Rule = ({ members }) => {
  if (Array.isArray(members['family']))
    members['family'] = members['family'].filter((part) => typeof part === 'string').join(' ');
};

/** Dosages of one drug: text, timing, and quantities that moved into pairs. */
const dosage = bothWays(
  (node) => {
    for (const [from, to] of doses) moveValue(node, from, to);
    moveValue(node, 'quantity', 'doseQuantity');
    moveValue(node, 'siteCodeableConcept', 'site');
    const instructions = take(node, 'additionalInstructions');
    if (instructions !== undefined) node.members['additionalInstruction'] = listOf(instructions);
    if (take(node, 'siteReference') !== undefined) node.lose('siteReference', 'no-place');
  },
  (node) => {
    const [first, ...others] = listOf(take(node, 'additionalInstruction'));
    if (first !== undefined) node.members['additionalInstructions'] = first;
    if (others.length > 0) node.lose('additionalInstruction', 'only-first');
    moveValue(node, 'site', 'siteCodeableConcept');
    // Statements called the dose a quantity.
    if (!node.path.startsWith('MedicationStatement.')) return;
    for (const [from, to] of doses) moveValue(node, to, from);
  },
);

const doses = [
  ['quantityQuantity', 'doseQuantity'],
  ['quantityRange', 'doseRange'],
] as const;

function moveValue(node: Node, from: string, to: string): void {
  const value = take(node, from);
  if (value !== undefined) node.members[to] = value;
}

const quantities = ['Age', 'Count', 'Distance', 'Duration', 'Money'];

/** Types of DSTU2 that are in many resources. */
export const dstu2Types: Readonly<Record<string, readonly Rule[]>> = {
  Extension: [
    extensionValues({
      Canonical: 'Uri',
      Url: 'Uri',
      Uuid: 'Uri',
      ...Object.fromEntries(quantities.map((each) => [each, 'Quantity'])),
    }),
  ],
  HumanName: [familyName],
  Dosage: [dosage, ...(stu3Types['Dosage'] ?? [])],
  'Timing.repeat': moves(
    'boundsQuantity>boundsDuration durationUnits>durationUnit periodUnits>periodUnit',
  ),
  Signature: [
    move('whoReference', 'who'),
    addressed('who'),
    ...moves('contentType>sigFormat blob>data'),
  ],
  Binary: [move('content', 'data')],
  'ElementDefinition.binding': joined('valueSet', 'valueSetUri', 'valueSetReference'),
};
