import type { FailureClass } from '../../engine/src/base/errors.ts';
import type { House } from '../../engine/test/tidy/house.ts';
import { errorRemarks } from './errorRemarks.ts';
import { code, generatedFrom, sentence, tableOf } from './markdown.ts';
import { thrownErrors, type ThrownError } from './thrownErrors.ts';

/** Headings by where an error is thrown; the first that fits has it. */
const sections: readonly (readonly [heading: string, path: RegExp])[] = [
  ['The command line and the project', /^engine\/src\/cli\//],
  ['Linkage', /^engine\/src\/(linkage|query|run\/linkage)\//],
  ['Accounts', /^engine\/src\/access\//],
  ['Plan and run', /^engine\/src\/(run|ledger|mapping)\//],
  ['Formats', /^engine\/src\/formats\//],
  ['Sources and targets', /^engine\/src\/(connectors|server)\//],
  ['The embedded PostgreSQL', /^engine\/src\/store\/(embedded|binaries|placement)\.ts$/],
  ['Database', /^engine\/src\/(store|audit)\//],
  ['Keys and sealed data', /^engine\/src\/(keys|staging)\//],
  ['Durable work', /^engine\/src\/durable\//],
  ['Sample', /^engine\/src\/sample\//],
];

const again: Readonly<Record<FailureClass, string>> = {
  transient: 'by itself',
  ambiguous: 'after asking',
  permanent: 'no',
};

const opening = `# Errors

Every error has a code that does not change, a message that says what failed and in what state the
data is, and the next step. None of them carries a value from a record; \`…\` stands for what is known
only when it happens: a name from the plan or the schema, a path, a count. With \`--json\` an error is
one object of format \`handover-error/1\` on standard error: \`code\`, \`message\`, \`next\`.

_Exit_ is the code the command ends with ([table](exit-codes.md)). _Again_ says what the engine does
with the operation that failed: tries it again by itself, later and later; asks the target or the
ledger first whether it happened; or does not try again. A failure without a code of ours ends with
\`unexpected\`, exit 1, and the place in the engine's code: report it.

Problems of a plan and reasons for holding a record are codes too:
[mistakes in a plan](plan.md#mistakes), [reasons for holding](mapping.md#reasons-for-holding).`;

/** docs/reference/errors.md. @throws Error for a code that says nothing of the next step. */
export function errorsPage(house: House): string {
  const errors = thrownErrors(house);
  const strange = Object.keys(errorRemarks).filter((one) => !errors.some((e) => e.code === one));
  if (strange.length > 0) throw new Error(`no error has the code ${strange.join(', ')}`);
  const parts = sections.map(([heading], at) => {
    const ours = errors.filter((error) => sections.findIndex((s) => s[1].test(error.path)) === at);
    return ours.length === 0 ? '' : `## ${heading}\n\n${table(ours)}`;
  });
  const homeless = errors.filter(({ path }) => !sections.some((section) => section[1].test(path)));
  if (homeless.length > 0) throw new Error(`no section for ${homeless[0]?.path}`);
  return [generatedFrom('the sources'), opening, ...parts.filter((part) => part !== '')].join(
    '\n\n',
  );
}

function table(errors: readonly ThrownError[]): string {
  return tableOf(
    ['code', 'what happened', 'what to do', 'exit', 'again'],
    errors.map((error) => [
      code(error.code),
      error.messages.map(sentence).join(' Or: '),
      nextStep(error),
      String(error.exitCode),
      again[error.failure],
    ]),
  );
}

function nextStep({ code: name, next }: ThrownError): string {
  const remark = errorRemarks[name];
  const steps = [...next.filter((step) => step !== '…'), ...(remark === undefined ? [] : [remark])];
  if (steps.length > 0) return steps.map(sentence).join(' Or: ');
  if (next.length > 0) return 'The message says it.';
  throw new Error(`${name} has neither a next step nor a remark in errorRemarks.ts`);
}
