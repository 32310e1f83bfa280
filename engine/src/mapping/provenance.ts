import type { YamlScalar } from '../base/locatedYaml.ts';
import { fits, typeName } from '../fhirpath/staticType.ts';
import type { RowExpressions } from './expressions.ts';
import type { ResourceRule } from './mapper.ts';
import type { ProblemList } from './problems.ts';
import { quote, valueWriter } from './values.ts';
import { writeValue } from './writers.ts';

/** The name of the resource that `provenance:` makes. */
export const provenanceName = 'Provenance#source';

/**
 * `provenance: upd_ts.instant('…')`: a Provenance (FHIR R4 §6.2) for everything that a record yields,
 * saying which stream it came from and when that was recorded.
 */
export function provenanceRule(
  recorded: YamlScalar,
  stream: string,
  expressions: RowExpressions,
  problems: ProblemList,
): ResourceRule | undefined {
  const expression = expressions.compile(recorded);
  if (expression === undefined) return undefined;
  if (!fits(expression.type, 'DateTime')) {
    const problem = `an instant is needed, this is ${typeName(expression.type)}`;
    problems.add(recorded, 'type-clash', problem, "write .instant('pattern')");
    return undefined;
  }
  const writeRecorded = writeValue(expression, valueWriter('instant'), 'Provenance.recorded');
  const source = quote(stream);
  const agent = `"agent":[{"who":{"display":${quote(stream.split('.', 1)[0] as string)}}}]`;
  const entity = `"entity":[{"role":"source","what":{"display":${source}}}]`;
  return {
    name: provenanceName,
    type: 'Provenance',
    write: (row, work) => {
      const when = writeRecorded(row, work);
      if (when === '' || work.made.length === 0) return '';
      work.references.push(...work.made);
      const target = work.made.map((reference) => `{"reference":"${reference}"}`).join(',');
      const own = `"id":"${work.id}","recorded":${when},"resourceType":"Provenance"`;
      return `{${agent},${entity},${own},"target":[${target}]}`;
    },
  };
}
