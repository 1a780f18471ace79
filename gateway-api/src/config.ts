import { consortiumSchema, mspIdSchema, organizationRoles, slugSchema, type Consortium } from '@proofward/evidence';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { reasonOf } from './failure.js';

/** How long a window of receipts may be. A trace relies on it: how far it looks for the batch that speaks for a time. */
export const longestWindowSeconds = 86_400;

const portSchema = z.int().min(0).max(65535);
const pathSchema = z.string().min(1);

const peerSchema = z.strictObject({
  endpoint: z.string().regex(/^[^\s:]+:\d{1,5}$/, 'not of the form host:port'),
  /** The name in the peer's TLS certificate, where it is not the endpoint's. */
  hostAlias: z.string().min(1).optional(),
  tlsRootPath: pathSchema,
});
export type PeerAddress = z.infer<typeof peerSchema>;

/** The gateway's configuration file. Its paths are relative to the file. */
export const configSchema = z.strictObject({
  slug: slugSchema,
  mspId: mspIdSchema,
  role: z.enum(organizationRoles),
  listen: z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: portSchema }),
  channel: z.string().min(1),
  chaincode: z.string().min(1).default('proofward'),
  /** The organisation's own peers, in the order in which they are asked. */
  peers: z.array(peerSchema).min(1),
  /** The public part of the topology (consortium.json). */
  consortium: pathSchema,
  walletDir: pathSchema,
  walletKeyFile: pathSchema,
  apiKeysFile: pathSchema,
  commitmentKeyFile: pathSchema,
  /** A PostgreSQL database of this gateway alone. Without it, and without DATABASE_URL, the gateway starts its own. */
  databaseUrl: z.string().min(1).optional(),
  dataDir: pathSchema,
  /** How receipts become batches: a batch for each so many seconds, and how long a lost number is waited for. */
  receipts: z
    .strictObject({
      windowSeconds: z.int().min(1).max(longestWindowSeconds),
      patienceSeconds: z.int().min(1).max(31_536_000),
    })
    .optional(),
  /** For how many days the gateway keeps who has read which private record; six years by default, as 45 CFR 164.316(b)(2)(i). */
  accessLog: z.strictObject({ retentionDays: z.int().min(1).max(36_500) }).default({ retentionDays: 2_192 }),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
});
export type GatewayConfig = z.output<typeof configSchema>;

/** A configuration whose paths are absolute and whose consortium is read. */
export interface LoadedConfig {
  config: GatewayConfig;
  consortium: Consortium;
}

/** @throws Error with a message of one line */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const config = resolvePaths(parse(configSchema, await readJson(file), file), dirname(resolve(file)));
  const consortium = parse(consortiumSchema, await readJson(config.consortium), config.consortium);
  const own = consortium.organizations.find(({ slug }) => slug === config.slug);
  if (own === undefined) throw new Error(`${config.consortium}: no organisation ${config.slug}`);
  if (own.mspId !== config.mspId || own.role !== config.role) {
    throw new Error(`${file}: ${config.slug} is ${own.mspId} (${own.role}) in ${config.consortium}`);
  }
  if (consortium.channel !== config.channel) {
    throw new Error(`${file}: channel ${config.channel} is not the consortium's (${consortium.channel})`);
  }
  return { config, consortium };
}

function resolvePaths(config: GatewayConfig, folder: string): GatewayConfig {
  return {
    ...config,
    peers: config.peers.map((peer) => ({ ...peer, tlsRootPath: resolve(folder, peer.tlsRootPath) })),
    consortium: resolve(folder, config.consortium),
    walletDir: resolve(folder, config.walletDir),
    walletKeyFile: resolve(folder, config.walletKeyFile),
    apiKeysFile: resolve(folder, config.apiKeysFile),
    commitmentKeyFile: resolve(folder, config.commitmentKeyFile),
    dataDir: resolve(folder, config.dataDir),
  };
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`${file} is not JSON`, { cause: error });
  }
}

function parse<T extends z.ZodType>(schema: T, value: unknown, file: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
