import { sha256 } from '../../../base/digest.ts';
import { html, type Markup } from './markup.ts';

/**
 * A page that stands on its own: no script, no picture, no font and no other file. Its policy forbids the
 * network, and every style but its own.
 */
export function standAlonePage(title: string, style: string, body: Markup): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policyFor(style)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${styleElement(style)}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return page.markup;
}

/** Set without a space more: the policy names the digest of exactly this text. */
function styleElement(style: string): Markup {
  return { markup: `<style>${style}</style>` };
}

/** What the page may do: show itself in the style it came with, and nothing else. */
function policyFor(style: string): string {
  const digest = sha256(style).toString('base64');
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
}
