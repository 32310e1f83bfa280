/** Packages of implementation guides, made in tests. */
import { gzipSync } from 'node:zlib';

/** A tar archive of these files; what is no text is written as JSON. */
export function tarOf(files: Readonly<Record<string, unknown>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, value]) => {
    const content = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(content.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A package as it is published, with its manifest and these files. */
export function packageOf(
  files: Readonly<Record<string, unknown>> = {},
  version = '1.0.0',
): Buffer {
  const named = Object.entries(files).map(([name, value]) => [`package/${name}`, value]);
  const manifest = { name: 'guide.example', version };
  return gzipSync(tarOf({ 'package/package.json': manifest, ...Object.fromEntries(named) }));
}
