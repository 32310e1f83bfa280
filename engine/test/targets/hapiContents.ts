/** What a FHIR server holds, asked by a program that shares nothing with the connector. */

export interface Contents {
  resources: number;
  /** Members of `meta` that stand on resources, counted. */
  added: Map<string, number>;
  /** Resources by their version id. */
  versions: Map<string, number>;
  /** `Type/id` of those of each version id. */
  names: Map<string, string[]>;
}

interface Page {
  entry?: { resource: { id: string; meta?: Record<string, unknown> } }[];
  link?: { relation: string; url: string }[];
}

/** The server would answer a repeated search from memory. */
const fresh = { 'cache-control': 'no-cache' };

/** Search every type that the server has, to the last page. */
export async function contentsOf(url: string): Promise<Contents> {
  const contents: Contents = {
    resources: 0,
    added: new Map(),
    versions: new Map(),
    names: new Map(),
  };
  const statement = await fetch(`${url}/metadata`);
  const { rest } = (await statement.json()) as { rest: { resource: { type: string }[] }[] };
  for (const { type } of rest[0]?.resource ?? []) {
    let at: string | undefined = `${url}/${type}?_count=500`;
    while (at !== undefined) {
      const page = (await (await fetch(at, { headers: fresh })).json()) as Page;
      contents.resources += page.entry?.length ?? 0;
      for (const { resource } of page.entry ?? []) count(contents, type, resource);
      at = page.link?.find(({ relation }) => relation === 'next')?.url;
    }
  }
  return contents;
}

function count(
  { versions, names, added }: Contents,
  type: string,
  { id, meta = {} }: NonNullable<Page['entry']>[number]['resource'],
): void {
  const version = String(meta['versionId']);
  versions.set(version, (versions.get(version) ?? 0) + 1);
  const named = names.get(version) ?? [];
  names.set(version, named);
  named.push(`${type}/${id}`);
  for (const key of Object.keys(meta)) {
    added.set(`meta.${key}`, (added.get(`meta.${key}`) ?? 0) + 1);
  }
}

/** The methods that made the versions of a resource, and their version ids, the newest first. */
export async function historyOf(url: string, name: string): Promise<string[]> {
  const answer = await fetch(`${url}/${name}/_history`, { headers: fresh });
  const { entry = [] } = (await answer.json()) as {
    entry?: { request: { method: string; url: string } }[];
  };
  return entry.map(({ request }) => `${request.method} ${request.url.split('/').at(-1)}`);
}

/** Follow each address of a document: how many lead to a Binary, and how many to nothing. */
export async function attachmentsOf(url: string): Promise<{ leads: number; astray: number }> {
  const page = await fetch(`${url}/DocumentReference?_count=500`, { headers: fresh });
  const { entry = [] } = (await page.json()) as {
    entry?: { resource: { content: { attachment: { url?: string } }[] } }[];
  };
  const urls = entry.flatMap(({ resource }) =>
    resource.content.map(({ attachment }) => attachment),
  );
  const found = { leads: 0, astray: 0 };
  for (const { url: at } of urls) {
    if (at === undefined) continue;
    const answer = await fetch(`${url}/${at}`, { headers: { accept: 'application/fhir+json' } });
    const { resourceType } = (await answer.json()) as { resourceType: string };
    if (resourceType === 'Binary') found.leads++;
    else found.astray++;
  }
  return found;
}
