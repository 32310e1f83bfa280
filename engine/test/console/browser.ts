import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const program = '/usr/bin/chromium';

/** Why a browser cannot be driven here; undefined when it can. */
export const noBrowser = existsSync(program) ? undefined : `needs Debian's ${program}`;

/** A browser that asks nothing of the network but what a page asks. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
