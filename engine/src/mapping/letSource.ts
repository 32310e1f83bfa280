import { isYamlScalar, type YamlNode, type YamlScalar } from '../base/locatedYaml.ts';
import type { ProblemList } from './problems.ts';
import { childNameForm } from './shape.ts';

/** An expression that is written once and used by its name. */
export interface LetSource {
  name: YamlScalar;
  expression: YamlScalar;
}

/** `let: { pharmacy: drug_cd.exists() }` */
export function readLets(node: YamlNode | undefined, problems: ProblemList): LetSource[] {
  if (node === undefined) return [];
  if (node.kind !== 'map') {
    problems.add(node, 'map-expected', 'let gives names to expressions', '{ NAME: EXPRESSION }');
    return [];
  }
  return node.entries.flatMap(({ key, value }) => {
    if (!childNameForm.test(key.text)) {
      const problem = `"${key.text}" is no name for an expression`;
      problems.add(key, 'name-malformed', problem, 'letters and digits, such as isPharmacy');
      return [];
    }
    if (!isYamlScalar(value) || value.kind !== 'text' || value.text === '') {
      problems.add(value, 'text-expected', 'an expression is expected here');
      return [];
    }
    return [{ name: key, expression: value }];
  });
}
