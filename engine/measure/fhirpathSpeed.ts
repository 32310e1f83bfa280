import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile as compilePeer } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import { compileExpression } from '../src/fhirpath/compile.ts';
import { jsonOf, type FhirObject, type Value } from '../src/fhirpath/value.ts';
import { resourceFromXml } from './fhirXml.ts';

export interface SpeedResult {
  expression: string;
  /** Evaluations a second, both on the same parsed resource. */
  ownPerSecond: number;
  peerPerSecond: number;
  ratio: number;
  sameResult: boolean;
}

const patientFile = 'patient-example.xml';
const observationFile = 'observation-example.xml';

/** One of each kind that mapping, rules and views use: what is measured is named here. */
export const measuredExpressions: readonly { file: string; expression: string }[] = [
  { file: patientFile, expression: 'name.given' },
  { file: patientFile, expression: "Patient.name.where(use = 'official').given.first()" },
  { file: patientFile, expression: "telecom.where(system = 'phone' and use = 'work').exists()" },
  { file: patientFile, expression: "iif(gender = 'male', 'M', 'F')" },
  { file: patientFile, expression: 'name.first().family.upper().substring(0, 3)' },
  { file: patientFile, expression: "name.select(given.join(' ') & ' ' & family)" },
  { file: patientFile, expression: 'birthDate + 18 years <= @2020-01-01' },
  { file: observationFile, expression: "value.ofType(Quantity) > 100 '[lb_av]'" },
  {
    file: observationFile,
    expression: "code.coding.where(system = 'http://loinc.org').code contains '29463-7'",
  },
  // US Core: a name or a reason why there is none (us-core-6).
  {
    file: patientFile,
    expression:
      '(name.family.exists() or name.given.exists()) xor extension.where(url = ' +
      "'http://hl7.org/fhir/StructureDefinition/data-absent-reason').exists()",
  },
];

/** Own compiler against npm `fhirpath`, each compiled once and then evaluated in turns. */
export function compareSpeed(folder: string): SpeedResult[] {
  return measuredExpressions.map(({ file, expression }) => {
    const resource = plainResource(join(folder, file));
    const type = String(resource['resourceType']);
    const compiled = compileExpression(expression, { input: { kind: 'fhir', type } });
    const peer = compilePeer(expression, r4);
    const own = (): readonly Value[] => compiled.many(resource);
    const other = (): readonly unknown[] => peer(resource) as unknown[];
    const rounds = [1, 2, 3].map(() => [perSecond(own), perSecond(other)] as const);
    const [ownPerSecond, peerPerSecond] = [0, 1].map((side) =>
      Math.max(...rounds.map((round) => round[side] as number)),
    ) as [number, number];
    return {
      expression,
      ownPerSecond,
      peerPerSecond,
      ratio: ownPerSecond / peerPerSecond,
      sameResult: asText(own().map(jsonOf)) === asText(other()),
    };
  });
}

function plainResource(path: string): FhirObject {
  return JSON.parse(JSON.stringify(resourceFromXml(readFileSync(path, 'utf8')))) as FhirObject;
}

function asText(items: readonly unknown[]): string {
  return JSON.stringify(items);
}

const roundMs = 120;

/** Evaluations a second over one round, after a warm-up. */
function perSecond(evaluate: () => unknown): number {
  for (let time = 0; time < 2000; time++) evaluate();
  const start = performance.now();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < roundMs) {
    for (let time = 0; time < 100; time++) evaluate();
    count += 100;
    elapsedMs = performance.now() - start;
  }
  return (count / elapsedMs) * 1000;
}
