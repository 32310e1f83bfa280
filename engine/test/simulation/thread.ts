/** A thread that tells the stories of the seeds it is given; its messages: `told` for each, `Told`. */
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { tellSeeds } from './tellSeeds.ts';

const nothing: Transferable[] = [];
const told = await tellSeeds(workerData as number[], () =>
  parentPort?.postMessage('told', nothing),
);
parentPort?.postMessage(told, nothing);
