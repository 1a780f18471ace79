import { z } from 'zod';

const name = z.string().min(1);
const port = /:(\d+)$/;

function isPort(address: string, least: number): boolean {
  const digits = Number(port.exec(address)?.[1] ?? Number.NaN);
  return digits >= least && digits <= 65_535;
}

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d+$/, 'expected host:port')
  .refine((value) => isPort(value, 1), 'the port is a number from 1 to 65535');

/** Port 0 stands for any free port. */
const listen = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d+$/, 'expected host:port')
  .refine((value) => isPort(value, 0), 'the port is a number up to 65535');

/** An MSP id names folders too. */
const mspId = z.string().regex(/^(?!\.{1,2}$)[^/\\\s]+$/, 'an MSP id has no slashes and no spaces');

const tls = z.strictObject({ cert: name, key: name });

const organization = z.strictObject({
  mspId,
  msp: name.optional(),
  peer: z
    .strictObject({
      listen: listen.optional(),
      /** What others are told; by default where it listens. */
      address: address.optional(),
      msp: name.optional(),
      tls: tls.optional(),
      /** While this file exists, the peer is down. */
      disabledFile: name.optional(),
    })
    .default({}),
});

const orderer = z
  .strictObject({
    mspId: mspId.default('OrdererMSP'),
    msp: name.optional(),
    node: z.strictObject({ msp: name.optional() }).default({}),
    listen: listen.optional(),
    tls: tls.optional(),
  })
  .default({ mspId: 'OrdererMSP', node: {} });

/** YAML takes 1.0 for the number 1. */
const version = z
  .string({ error: 'expected text: write it in quotes, as in version: "1.0"' })
  .regex(/^[A-Za-z0-9_.+-]+$/, 'a version is letters, digits and _.+-');

const chaincode = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/, 'a chaincode is named with letters, digits, - and _')
    .refine((value) => !/^[celqv]scc$/.test(value), 'this is the name of a system chaincode'),
  version: version.default('1.0'),
  sequence: z.number().int().min(1).default(1),
  /** Left out: whatever the server registers as. */
  packageId: name.optional(),
  endpoints: z.record(name, address),
  endorsementPolicy: name.optional(),
  collections: name.optional(),
});

/** The configuration file of the embedded ledger. */
export const ledgerConfig = z.strictObject({
  channel: z
    .string()
    .regex(/^[a-z][a-z0-9.-]*$/, 'a channel is named with small letters, digits, . and -')
    .default('mychannel'),
  data: name.default('ledger-data'),
  batchTimeoutMs: z.number().int().min(1).default(100),
  maxMessageCount: z.number().int().min(1).default(500),
  preferredMaxBytes: z
    .number()
    .int()
    .min(1)
    .default(2 * 1024 * 1024),
  executionTimeoutMs: z.number().int().min(1).default(30_000),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  organizations: z.array(organization).min(1, 'name at least one organization'),
  orderer,
  chaincodes: z.array(chaincode).default([]),
});

/** As written in the file. */
export type LedgerConfig = z.input<typeof ledgerConfig>;

/** As read: defaults are filled in and paths are absolute; identities and addresses may be left out. */
export type ReadConfig = z.output<typeof ledgerConfig>;

export type ReadOrganization = ReadConfig['organizations'][number];
export type ChaincodeConfig = ReadConfig['chaincodes'][number];

/** A node's endpoint, and how a client verifies it. */
export interface EndpointConfig {
  readonly listen: string;
  readonly tls: { readonly cert: string; readonly key: string };
  /** The certificate with which a client verifies the endpoint. */
  readonly tlsRoot: string;
}

export interface OrganizationConfig {
  readonly mspId: string;
  readonly msp: string;
  /** Where the organisation's identities lie, `<name>/msp` each. */
  readonly users: string;
  readonly peer: EndpointConfig & {
    /** Under which others know it. */
    readonly address: string;
    readonly msp: string;
    readonly disabledFile: string | undefined;
  };
}

export interface OrdererConfig extends EndpointConfig {
  readonly mspId: string;
  readonly msp: string;
  readonly node: { readonly msp: string };
}

/** With everything that was left out made. */
export interface ResolvedConfig extends Omit<ReadConfig, 'organizations' | 'orderer'> {
  readonly organizations: readonly OrganizationConfig[];
  readonly orderer: OrdererConfig;
}
