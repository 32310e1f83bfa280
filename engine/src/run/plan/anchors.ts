import { z } from 'zod';
import { withoutTlsSetting } from './gates.ts';

/** Heads of a log say nothing of a patient: no agreement is asked of who keeps them. */
const keeper = {
  owner: z.string().min(1).optional().describe('Who answers for the system.'),
  withoutTls: withoutTlsSetting,
};

const timeStampSetting = z.strictObject({
  url: z.string().min(1).describe('Address of a time stamping authority (RFC 3161).'),
  authorities: z
    .string()
    .min(1)
    .describe('PEM file of the certificates that its own comes from, from the folder of the plan.'),
  policy: z
    .string()
    .regex(/^[0-2](\.\d+)+$/, 'expected an object identifier such as 1.3.6.1.4.1.13762.3')
    .optional()
    .describe('Under which policy it stamps; any if left out.'),
  ...keeper,
});

const bucketSetting = z.strictObject({
  url: z.string().min(1).describe('Address of an S3 service, without the bucket.'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket')
    .describe('The bucket; it was made with object lock.'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._/-]*$/, 'expected letters, digits and . _ / -')
    .default('')
    .describe('What the names of anchors begin with, such as `riverside/`.'),
  region: z.string().min(1).default('us-east-1').describe('Its region.'),
  accessKey: z.string().min(1).describe('Id of the access key; give it as ${NAME}.'),
  secretKey: z.string().min(1).describe('The access key; give it as ${NAME}.'),
  keepDays: z.int().min(1).max(36_500).describe('For how long nobody can delete an anchor.'),
  ...keeper,
});

/** Where signed heads of the audit log are kept outside: `handover audit anchor`. */
export const anchorsSetting = z
  .strictObject({
    timeStamp: timeStampSetting.optional().describe('Who says when a head was there.'),
    bucket: bucketSetting.optional().describe('An object store that nobody deletes from.'),
  })
  .default({})
  .describe('What keeps the signed heads of the audit log outside, beside files.');
