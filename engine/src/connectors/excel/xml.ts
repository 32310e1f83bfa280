import { SaxesParser } from 'saxes';
import { damaged, tooLarge, workbookFailure } from './failure.ts';
import type { Archive } from './archive.ts';

/** What is told of a part: names without their prefix, attributes as they are written. */
export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  text(text: string): void;
  close(name: string): void;
}

/** No text of a cell, nor anything else between two events, is longer. */
const silentBytes = 8 * 1024 ** 2;

/**
 * Tell a handler of a part, block by block of its bytes; it is yielded to after each, so that memory
 * is that of one block. Nothing is expanded and nothing fetched: a DOCTYPE is damage.
 * @throws HandoverError `source-file-damaged`, `source-file-large`.
 */
export async function* tellXml(
  archive: Archive,
  part: string,
  handler: XmlHandler,
): AsyncGenerator<void> {
  const { path } = archive;
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  let silent = 0;
  const heard = <T>(tell: (event: T) => void) => {
    return (event: T): void => {
      silent = 0;
      tell(event);
    };
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw damaged(path);
  });
  parser.on(
    'opentag',
    heard(({ name, attributes }) => {
      handler.open(local(name), attributes);
    }),
  );
  parser.on(
    'text',
    heard((text) => handler.text(text)),
  );
  parser.on(
    'cdata',
    heard((text) => handler.text(text)),
  );
  parser.on(
    'closetag',
    heard(({ name }) => handler.close(local(name))),
  );
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const bytes of archive.read(part)) {
      silent += bytes.length;
      parser.write(decoder.decode(bytes, { stream: true }));
      if (silent > silentBytes) throw tooLarge(path, 'has a cell of more than 8 MiB');
      yield;
    }
    parser.write(decoder.decode()).close();
    yield;
  } catch (error) {
    throw workbookFailure(error, path);
  }
}

/** Read a whole part that is small. */
export async function readXml(archive: Archive, part: string, handler: XmlHandler): Promise<void> {
  const told = tellXml(archive, part, handler);
  while ((await told.next()).done !== true);
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
