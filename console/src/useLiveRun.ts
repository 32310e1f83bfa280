import { useEffect, useState } from 'react';
import type { LiveRun } from '../../engine/src/contract/console.ts';

/** `live`: what is shown is what the ledger says now. Otherwise the page says that it may be old. */
export type Feed = 'connecting' | 'live' | 'trouble' | 'gone' | 'signed out';

/** The run as the ledger tells it, for as long as the component is there. */
export function useLiveRun(run: string): { live: LiveRun | undefined; feed: Feed } {
  const [live, setLive] = useState<LiveRun>();
  const [feed, setFeed] = useState<Feed>('connecting');
  useEffect(() => {
    setLive(undefined);
    setFeed('connecting');
    const source = new EventSource(`/api/runs/${run}/live`);
    source.addEventListener('run', (event: MessageEvent<string>) => {
      setLive(JSON.parse(event.data) as LiveRun);
      setFeed('live');
    });
    source.addEventListener('trouble', () => setFeed('trouble'));
    source.addEventListener('gone', () => {
      setFeed('gone');
      source.close();
    });
    source.addEventListener('signed-out', () => {
      setFeed('signed out');
      source.close();
    });
    // The browser tries again by itself, unless the answer was a refusal.
    source.addEventListener('error', () => {
      setFeed(source.readyState === EventSource.CLOSED ? 'signed out' : 'connecting');
    });
    return () => source.close();
  }, [run]);
  return { live, feed };
}
