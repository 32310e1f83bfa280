/** How long a round is, in milliseconds of processor time. */
const roundMs = 500;

/** Items worked through in a second of this thread's processor time, whatever else the machine does. */
export function rate<Item>(items: readonly Item[], work: (item: Item) => void): number {
  const started = process.threadCpuUsage();
  let done = 0;
  let spent = 0;
  do {
    for (const item of items) work(item);
    done += items.length;
    const { user, system } = process.threadCpuUsage(started);
    spent = (user + system) / 1000;
  } while (spent < roundMs);
  return (done * 1000) / spent;
}
