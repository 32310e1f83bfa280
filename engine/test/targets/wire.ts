/** A wire to a server that does what real ones do: answers are lost, cut, late, or not the server's. */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What becomes of one request. All but `busy` (429, to be asked again in {@link busySeconds}) and
 * `down` (503, nothing was done) let the server do what it was asked first.
 */
export type Weather = 'fair' | 'reset' | 'late' | 'error' | 'gateway' | 'cut' | 'busy' | 'down';

type Forecast = (request: { at: number; writes: boolean }) => Weather;

export const busySeconds = 1;

export interface Wire {
  url: string;
  /** Times of requests by kind, from `performance.now()`. */
  heard: { writes: boolean; timeMs: number; weather: Weather }[];
  /** The weather of the requests to come. */
  weather: Forecast;
  close(): Promise<void>;
}

/** Forward everything to `to`; `weather` is asked about each request. */
export async function layWire(to: string, weather: Forecast): Promise<Wire> {
  const heard: Wire['heard'] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      const writes = isWrite(request, body);
      const now = wire.weather({ at: heard.length, writes });
      heard.push({ writes, timeMs: performance.now(), weather: now });
      if (now === 'down') {
        response.writeHead(503, { 'retry-after': '0' }).end();
        return;
      }
      if (now === 'busy') {
        response.writeHead(429, { 'retry-after': String(busySeconds) }).end();
        return;
      }
      forward(to, request, body, (answer) => rain(response, now, answer));
    });
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const wire: Wire = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    weather,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return wire;
}

function isWrite({ method }: IncomingMessage, body: Buffer): boolean {
  if (method !== 'POST') return method !== 'GET';
  // A Bundle that only reads.
  return !/"method":"GET"/.test(body.toString());
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const passedOn = ['content-encoding', 'content-type', 'etag', 'location'];

function forward(
  to: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  done: (answer: Answer) => void,
): void {
  const options = { method: method ?? 'GET', headers };
  const onward = httpRequest(new URL(url ?? '/', to), options, (answer) => {
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    answer.on('end', () => {
      const kept = Object.fromEntries(
        passedOn.flatMap((name) => {
          const value = answer.headers[name];
          return typeof value === 'string' ? [[name, value]] : [];
        }),
      );
      done({ status: answer.statusCode ?? 500, headers: kept, body: Buffer.concat(pieces) });
    });
  });
  onward.end(body);
}

function rain(response: ServerResponse, weather: Weather, { status, headers, body }: Answer): void {
  switch (weather) {
    case 'busy':
    case 'down':
    case 'late':
      return;
    case 'fair':
      response.writeHead(status, headers).end(body);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'error':
      response.writeHead(500).end();
      return;
    case 'gateway':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
      return;
    case 'cut':
      response.writeHead(200, { ...headers, 'content-length': body.length });
      response.write(body.subarray(0, body.length >> 1));
      setTimeout(() => response.socket?.destroy(), 2);
  }
}
