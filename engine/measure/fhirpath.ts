import { compareSpeed, type SpeedResult } from './fhirpathSpeed.ts';
import { runOfficialSuite, type SuiteMiss } from './fhirpathSuite.ts';

export interface FhirpathMeasure {
  /** Tests of the official suite. */
  passed: number;
  total: number;
  rate: number;
  /** Geometric mean and least of the ratios to npm `fhirpath`; 0 where a result differed. */
  speedup: number;
  slowest: number;
  misses: SuiteMiss[];
  expressions: SpeedResult[];
}

/** @param dataDirectory laid out as HL7's suite: `tests-fhir-r4.xml` with its resources beside it. */
export async function measureFhirpath(dataDirectory: string): Promise<FhirpathMeasure> {
  const { passed, total, misses } = runOfficialSuite(dataDirectory);
  const expressions = compareSpeed(dataDirectory);
  const ratios = expressions.map(({ ratio, sameResult }) => (sameResult ? ratio : 0));
  return {
    passed,
    total,
    rate: total === 0 ? 0 : passed / total,
    speedup: ratios.reduce((product, ratio) => product * ratio, 1) ** (1 / ratios.length),
    slowest: Math.min(...ratios),
    misses,
    expressions,
  };
}
