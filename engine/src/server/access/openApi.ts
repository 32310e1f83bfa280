import { roles } from '../../contract/access.ts';
import { routeRights, type RouteRight } from './rights.ts';

/** What of OpenAPI 3.1 is written; `x-roles` are those that the table of rights lets in. */
export interface OpenApi {
  openapi: '3.1.0';
  info: object;
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: object;
}

export interface OpenApiOperation {
  summary: string;
  tags: readonly RouteRight['server'][];
  'x-roles': RouteRight['who'];
  'x-roles-under-glass'?: readonly string[];
  'x-tells': RouteRight['tells'];
  security: readonly object[];
  parameters?: readonly object[];
  requestBody?: object;
  responses: Record<string, object>;
}

/** The API as OpenAPI 3.1, drawn from the table of rights: it cannot know a route that is not there. */
export function openApi(): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const right of routeRights) {
    const path = right.path.replace('/*', '/').replaceAll(/:([a-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [right.method.toLowerCase()]: operation(right) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Handover',
      version: '1',
      description:
        'The console (`handover console`) and the FHIR face of an embedded target (`handover serve`), ' +
        `both on loopback. Roles: ${roles.join(', ')}.`,
    },
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'handover-session' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operation(right: RouteRight): OpenApiOperation {
  const { server, does, who, underGlass, tells, body, path } = right;
  const parameters = [...path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    summary: does,
    tags: [server],
    'x-roles': who,
    ...(underGlass && { 'x-roles-under-glass': underGlass }),
    'x-tells': tells,
    security: who === 'anybody' ? [] : [{ [server === 'console' ? 'session' : 'token']: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(body) }),
    responses: responsesOf(right),
  };
}

function bodyOf(names: readonly string[]): object {
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const schema = { type: 'object', required: names, properties };
  return { required: true, content: { 'application/json': { schema } } };
}

function responsesOf({ who, tells, path }: RouteRight): Record<string, object> {
  return {
    '2XX': { description: 'Done.' },
    ...(who !== 'anybody' && {
      '401': { description: 'Nobody is signed in.' },
      '403': { description: 'None of the roles may.' },
    }),
    ...(path.startsWith('/api/gates/') && { '409': { description: 'The gate is shut.' } }),
    ...(tells === 'patient' && {
      '503': { description: 'The audit log cannot be written: nothing leaves.' },
    }),
  };
}
