import { concepts } from '../../engine/src/verification/concepts/catalogue.ts';
import type { Concept } from '../../engine/src/verification/concepts/concept.ts';
import { forms } from '../../engine/src/verification/concepts/forms.ts';
import { code, generatedFrom, sentence, tableOf } from './markdown.ts';

const opening = `# Concepts

The words that \`facts:\` of a [mapping](mapping.md#facts) may declare. A concept says what one thing is
called and where it stands in a resource of the target; it knows nothing of any mapping, which is
what makes it a yardstick.

A value of the source and one of the target are brought into the _form_ of the concept and then
compared; where the catalogue names a _system_, that is compared too (\`system:\` in the declaration, or
\`system|code\` in \`as\`). Several values are compared as a set with counts, or, where _in order_ is
said, as a sequence.`;

/** docs/reference/concepts.md, from the catalogue. */
export function conceptsPage(): string {
  const groups = Map.groupBy(concepts.values(), ({ types }) => heading(types));
  const parts = [...groups].map(([types, members]) => `## ${types}\n\n${table(members)}`);
  return [
    generatedFrom('engine/src/verification/concepts/'),
    opening,
    `## Forms\n\n${formTable()}`,
    ...parts,
  ].join('\n\n');
}

/** Concepts of many types stand under one heading, or the page would say each type's name twice. */
function heading(types: readonly string[]): string {
  return types.length > 4 ? 'Several types' : types.join(', ');
}

function formTable(): string {
  const rows = Object.entries(forms).map(([name, { doc }]) => [name, sentence(doc)]);
  return tableOf(['form', 'how a value is written'], rows);
}

function table(members: readonly Concept[]): string {
  return tableOf(
    ['concept', 'what it says', 'form', 'system', 'in order'],
    members.map(({ name, doc, form, system, ordered }) => [
      code(name),
      sentence(doc),
      form,
      system === 'none' ? '' : system,
      ordered ? 'yes' : '',
    ]),
  );
}
