import { Paper, Text, Title } from '@mantine/core';
import type { RunReport } from '../../engine/src/contract/report.ts';

const words = { green: 'Ties', amber: 'Open', red: 'Does not tie' } as const;

/** The verdict first; colour never says it alone. */
export function Verdict({ report: { verdict } }: { report: RunReport }) {
  return (
    <Paper component="section" className={`verdict ${verdict.color}`} p="md" aria-label="Verdict">
      <Title order={2} size="h4">
        <span className="sign" aria-hidden="true" /> {words[verdict.color]}
      </Title>
      <Text mt={4}>{verdict.sentence}</Text>
      {verdict.reasons.length > 0 && (
        <ul>
          {verdict.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </Paper>
  );
}
