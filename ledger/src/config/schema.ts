import { z } from 'zod';

const name = z.string().min(1);
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:]+):\d+$/, 'expected host:port');

const organization = z.strictObject({
  mspId: name,
  msp: name,
  peer: z.strictObject({
    listen: address,
    msp: name,
    tls: z.strictObject({ cert: name, key: name }),
    /** While this file exists, the peer is down. */
    disabledFile: name.optional(),
  }),
});

const chaincode = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/, 'a chaincode is named with letters, digits, - and _'),
  version: z.string().regex(/^[A-Za-z0-9_.+-]+$/, 'a version is letters, digits and _.+-'),
  sequence: z.number().int().min(1),
  packageId: name,
  endpoints: z.record(name, address),
  endorsementPolicy: name.optional(),
  collections: name.optional(),
});

/** The configuration file of the embedded ledger. */
export const ledgerConfig = z.strictObject({
  channel: z.string().regex(/^[a-z][a-z0-9.-]*$/, 'a channel is named with small letters, digits, . and -'),
  data: name,
  batchTimeoutMs: z.number().int().min(1).default(100),
  maxMessageCount: z.number().int().min(1).default(500),
  preferredMaxBytes: z
    .number()
    .int()
    .min(1)
    .default(2 * 1024 * 1024),
  executionTimeoutMs: z.number().int().min(1).default(30_000),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  organizations: z.array(organization).min(1),
  orderer: z.strictObject({ mspId: name, msp: name, node: z.strictObject({ msp: name }) }),
  chaincodes: z.array(chaincode).default([]),
});

/** As written in the file. */
export type LedgerConfig = z.input<typeof ledgerConfig>;

/** As read: defaults are filled in and paths are absolute. */
export type ResolvedConfig = z.output<typeof ledgerConfig>;
