import { canonicalJson } from '../base/json.ts';
import type { SearchQuery } from '../connectors/embedded/search.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { historyBundle, isPresent, searchBundle, versionHeaders } from './bundleText.ts';
import type { Present } from './bundleText.ts';
import { HttpProblem, notFound, operationOutcome } from './problem.ts';
import type { JsonObject } from '../base/json.ts';
import { shownResource } from './resourceText.ts';
import { namesPatient, searchQueryOf } from './searchParameters.ts';

/** `GET /Type/id` */
export async function read(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  return shown('read', request, await parts.store.read(request));
}

/** `GET /Type/id/_history/version` */
export async function vread(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  if (!/^[1-9]\d{0,8}$/.test(request.version)) throw notFound();
  const version = await parts.store.readVersion(request, Number(request.version));
  return shown('vread', request, version);
}

/** `GET /Type/id/_history` */
export async function history(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const versions = await parts.store.history(request);
  if (versions.length === 0) return missing('history', request);
  return {
    status: 200,
    body: historyBundle(request.base, versions),
    disclosed: { action: 'history', seen: versions },
  };
}

/** `GET /Type?…` and the `_page` of a search begun before. */
export async function searchByAddress(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  const page = request.parameters.get('_page');
  if (page !== null) return searched(parts, request, openPage(parts, request.type, page));
  if (namesPatient(request.parameters) && !parts.patientsInAddresses) {
    throw new HttpProblem(
      403,
      'security',
      'Identifiers and patients have no place in an address: send the parameters as the body of ' +
        'POST [type]/_search (application/x-www-form-urlencoded).',
    );
  }
  return searched(parts, request, searchQueryOf(request.type, request.parameters));
}

/** `POST /Type/_search` */
export async function searchByBody(parts: ServerParts, request: FhirRequest): Promise<Answer> {
  if (namesPatient(request.parameters) && !parts.patientsInAddresses) {
    throw new HttpProblem(403, 'security', 'Put the search parameters in the body.');
  }
  const parameters = new URLSearchParams(request.body.toString());
  for (const [name, value] of request.parameters) parameters.append(name, value);
  return searched(parts, request, searchQueryOf(request.type, parameters));
}

async function searched(
  parts: ServerParts,
  request: FhirRequest,
  query: SearchQuery,
): Promise<Answer> {
  const { bundle, found } = await searchPage(parts, request.base, query, (wanted) =>
    parts.store.search(wanted),
  );
  return {
    status: 200,
    body: canonicalJson(bundle),
    disclosed: { action: 'search', seen: found },
  };
}

/** One page of results. One more is asked for than is shown, to know whether there is a next. */
export async function searchPage(
  parts: ServerParts,
  base: string,
  query: SearchQuery,
  search: ServerParts['store']['search'],
): Promise<{ bundle: JsonObject; found: Present[] }> {
  const more = await search({ ...query, count: query.count + 1 });
  const found = more.slice(0, query.count).filter(isPresent);
  const last = found.at(-1);
  const next =
    more.length > query.count && last !== undefined
      ? parts.pages.seal(JSON.stringify({ ...query, after: last.id }))
      : undefined;
  return { bundle: searchBundle(base, query.type, found, next), found };
}

function openPage(parts: ServerParts, type: string, page: string): SearchQuery {
  const text = parts.pages.open(page);
  const query = text === undefined ? undefined : (JSON.parse(text) as SearchQuery);
  if (query?.type === type) return query;
  throw new HttpProblem(410, 'not-found', 'This page is not known any more: search again.');
}

function shown(
  action: 'read' | 'vread',
  request: FhirRequest,
  version: Awaited<ReturnType<ServerParts['store']['read']>>,
): Answer {
  if (version === undefined) return missing(action, request);
  const disclosed = { action, seen: [version] };
  if (!isPresent(version)) {
    const body = operationOutcome('deleted', 'The resource was deleted.');
    return { status: 410, headers: versionHeaders(version), body, disclosed };
  }
  const unchanged = request.header('if-none-match')?.includes(`"${version.version}"`) === true;
  if (unchanged) return { status: 304, headers: versionHeaders(version), disclosed };
  const body = canonicalJson(shownResource(version));
  return { status: 200, headers: versionHeaders(version), body, disclosed };
}

/** That somebody asked for what is not there is kept too. */
function missing(action: 'read' | 'vread' | 'history', { type }: FhirRequest): Answer {
  return {
    status: 404,
    body: notFound().outcome(),
    disclosed: { action, seen: [{ type, id: '', body: undefined }], outcome: 'not-found' },
  };
}
