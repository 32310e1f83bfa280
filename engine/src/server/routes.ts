import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { bundle } from './bundles.ts';
import { history, read, searchByAddress, searchByBody, vread } from './reads.ts';
import { expand } from './terminology/expand.ts';
import { lookUp } from './terminology/lookUp.ts';
import { translate } from './terminology/translate.ts';
import { validateCode, validateMember } from './terminology/validateCode.ts';
import { conditionalUpdate, create, remove, update } from './writes.ts';

/** One address and method; there are no others. */
export interface Route {
  /** A word for the log, which holds no addresses. */
  name: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  takes: 'nothing' | 'json' | 'form';
  /**
   * What a token with scopes must be for, with the type that is asked for. `each`: every operation is
   * judged when it is performed; `nothing`: no patient is in the answer.
   */
  scope: 'r' | 's' | 'each' | 'nothing';
  answer(parts: ServerParts, request: FhirRequest): Promise<Answer>;
}

const instance = '/:type/:id';

/** The interactions of FHIR R4 that the server has. */
export const routes: readonly Route[] = [
  {
    name: 'capabilities',
    method: 'GET',
    path: '/metadata',
    takes: 'nothing',
    scope: 'nothing',
    answer: async ({ metadata }) => ({
      status: 200,
      body: metadata,
      disclosed: { action: 'read', seen: [] },
    }),
  },
  ...operation('validate-code', '/CodeSystem/$validate-code', validateCode),
  ...operation('validate-code', '/ValueSet/$validate-code', validateMember),
  ...operation('lookup', '/CodeSystem/$lookup', lookUp),
  ...operation('expand', '/ValueSet/$expand', expand),
  ...operation('translate', '/ConceptMap/$translate', translate),
  { name: 'bundle', method: 'POST', path: '/', takes: 'json', scope: 'each', answer: bundle },
  {
    name: 'search',
    method: 'GET',
    path: '/:type',
    takes: 'nothing',
    scope: 's',
    answer: searchByAddress,
  },
  {
    name: 'search',
    method: 'POST',
    path: '/:type/_search',
    takes: 'form',
    scope: 's',
    answer: searchByBody,
  },
  { name: 'create', method: 'POST', path: '/:type', takes: 'json', scope: 'each', answer: create },
  {
    name: 'conditional-update',
    method: 'PUT',
    path: '/:type',
    takes: 'json',
    scope: 'each',
    answer: conditionalUpdate,
  },
  { name: 'read', method: 'GET', path: instance, takes: 'nothing', scope: 'r', answer: read },
  { name: 'update', method: 'PUT', path: instance, takes: 'json', scope: 'each', answer: update },
  {
    name: 'delete',
    method: 'DELETE',
    path: instance,
    takes: 'nothing',
    scope: 'each',
    answer: remove,
  },
  {
    name: 'history',
    method: 'GET',
    path: `${instance}/_history`,
    takes: 'nothing',
    scope: 'r',
    answer: history,
  },
  {
    name: 'vread',
    method: 'GET',
    path: `${instance}/_history/:version`,
    takes: 'nothing',
    scope: 'r',
    answer: vread,
  },
];

/** An operation that changes nothing, by either method. */
function operation(name: string, path: string, answer: Route['answer']): Route[] {
  return [
    { name, method: 'GET', path, takes: 'nothing', scope: 'nothing', answer },
    { name, method: 'POST', path, takes: 'json', scope: 'nothing', answer },
  ];
}

/** Methods that an address has; none: there is no such address. */
export function allowedAt(path: string): string[] {
  return routes.filter((route) => pattern(route.path).test(path)).map(({ method }) => method);
}

function pattern(path: string): RegExp {
  const escaped = path.replaceAll('$', String.raw`\$`);
  return new RegExp(`^${escaped.replaceAll(/:[a-z]+/g, '[^/]+')}$`);
}
