import { systemClock } from '../src/base/clock.ts';
import { DisjointSets } from '../src/linkage/clusters.ts';
import { cluster, estimate, prepareLinkage, score, type Prepared } from '../src/run/linkage/linkage.ts';
import { sqlName, sqlText } from '../src/query/fileQueries.ts';

void DisjointSets;
void sqlName;
void sqlText;
void systemClock;
export type { Prepared };
export { cluster, estimate, prepareLinkage, score };
