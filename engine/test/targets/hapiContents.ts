/** What a FHIR server holds, asked by a program that shares nothing with the connector. */

export interface Contents {
  resources: number;
  /** Members of `meta` that stand on resources, counted. */
  added: Map<string, number>;
  /** Resources by their version id. */
  versions: Map<string, number>;
}

interface Page {
  entry?: { resource: { meta?: Record<string, unknown> } }[];
  link?: { relation: string; url: string }[];
}

/** The server would answer a repeated search from memory. */
const fresh = { 'cache-control': 'no-cache' };

/** Search every type that the server has, to the last page. */
export async function contentsOf(url: string): Promise<Contents> {
  const contents: Contents = { resources: 0, added: new Map(), versions: new Map() };
  const statement = await fetch(`${url}/metadata`);
  const { rest } = (await statement.json()) as { rest: { resource: { type: string }[] }[] };
  for (const { type } of rest[0]?.resource ?? []) {
    let at: string | undefined = `${url}/${type}?_count=500`;
    while (at !== undefined) {
      const page = (await (await fetch(at, { headers: fresh })).json()) as Page;
      for (const { resource } of page.entry ?? []) count(contents, resource.meta ?? {});
      at = page.link?.find(({ relation }) => relation === 'next')?.url;
    }
  }
  return contents;
}

function count(contents: Contents, meta: Record<string, unknown>): void {
  contents.resources++;
  const version = String(meta['versionId']);
  contents.versions.set(version, (contents.versions.get(version) ?? 0) + 1);
  for (const key of Object.keys(meta)) {
    contents.added.set(`meta.${key}`, (contents.added.get(`meta.${key}`) ?? 0) + 1);
  }
}
