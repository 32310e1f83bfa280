import { z } from 'zod';
import { wireTo, type Wire } from '../../model/wire.ts';
import { configurationOf, valueSettings } from '../settings.ts';

const tls = z
  .strictObject({
    certificate: z.string().min(1).describe('PEM file of our certificate and those that sign it.'),
    key: z.string().min(1).describe('PEM file of its key, for our eyes only.'),
    clients: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file of the authorities whose certificates a sender must show one of.'),
  })
  .describe('Encrypted connections (TLS 1.2 or later). Files are named from the project folder.');

const settings = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65_535)
    .describe('Where `handover listen` listens; 0: any that is free.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address to listen at; another than loopback needs `tls`, or the plan’s `withoutTls`.',
    ),
  tls: tls.optional(),
  connections: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Senders at once; more are turned away.'),
  largestMiB: z
    .int()
    .min(1)
    .max(64)
    .default(16)
    .describe('Messages of more mebibytes than this are refused.'),
  idleSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe('A sender that is silent for so long is disconnected.'),
  timeZone: valueSettings.timeZone,
  synthetic: valueSettings.synthetic,
});

/** Settings of `kind: mllp` in the plan. */
export type MllpConfiguration = z.infer<typeof settings>;

export const mllpConfiguration = configurationOf(settings);

/** Where senders reach it. */
export function mllpWire({ host, tls: secured }: MllpConfiguration): Wire {
  return wireTo(host, secured === undefined ? 'none' : 'verified');
}
