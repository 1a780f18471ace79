import { isCallerRole, type CallerRole } from '@proofward/evidence';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { GatewayConfig } from '../config.js';
import { readIfPresent, writeSecretFile } from '../files.js';
import { ApiKeys, newApiKey, type ApiKey } from '../identity/api-keys.js';
import { IdentityWallet } from '../identity/wallet.js';

export interface IdentityFiles {
  role: string;
  certPath: string;
  keyPath: string;
}

export interface ProvisionOptions {
  config: Pick<GatewayConfig, 'mspId' | 'walletDir' | 'walletKeyFile' | 'apiKeysFile' | 'commitmentKeyFile'>;
  identities: IdentityFiles[];
  /** One API key for each role that chaincode knows. */
  makeKeys: boolean;
  /** Keys (role to text) that the caller has kept from an earlier call. */
  knownKeys?: Record<string, string>;
}

export interface Provisioned {
  /** Role to key text: the known ones that are still valid, and new ones for the other roles. */
  apiKeys: Record<string, string>;
}

/**
 * Gives a gateway its identities and secrets. Idempotent: what exists is kept, certificates are renewed in place, and a
 * role gets a new API key only where the caller does not show one that is valid.
 */
export async function provisionGateway(options: ProvisionOptions): Promise<Provisioned> {
  const { config, identities, makeKeys, knownKeys = {} } = options;
  const wallet = new IdentityWallet(config.walletDir, await secretOf(config.walletKeyFile));
  await secretOf(config.commitmentKeyFile);
  for (const { role, certPath, keyPath } of identities) {
    const [certificate, privateKey] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')]);
    const present = await wallet.get(role);
    const unchanged = present?.mspId === config.mspId && present.credentials.certificate === certificate;
    if (!unchanged) await wallet.put(role, config.mspId, certificate, privateKey);
  }
  if (!makeKeys) return { apiKeys: {} };
  return {
    apiKeys: await provisionKeys(
      config.apiKeysFile,
      identities.map(({ role }) => role).filter(isCallerRole),
      knownKeys,
    ),
  };
}

async function provisionKeys(
  file: string,
  roles: CallerRole[],
  knownKeys: Record<string, string>,
): Promise<Record<string, string>> {
  const present = await ApiKeys.read(file);
  const apiKeys: Record<string, string> = {};
  const added: ApiKey[] = [];
  for (const role of roles) {
    const known = knownKeys[role];
    if (known !== undefined && present.find(known)?.role === role) {
      apiKeys[role] = known;
      continue;
    }
    const { text, record } = newApiKey(role, role);
    apiKeys[role] = text;
    added.push(record);
  }
  if (added.length > 0) await new ApiKeys([...present.records, ...added]).write(file);
  return apiKeys;
}

/** 32 random bytes, made once. */
async function secretOf(file: string): Promise<Uint8Array> {
  const present = await readSecret(file);
  if (present !== undefined) return present;
  const made = randomBytes(32);
  await writeSecretFile(file, made);
  return made;
}

/** The 32 bytes of a key file, or undefined where there is none. */
export async function readSecret(file: string): Promise<Uint8Array | undefined> {
  const bytes = await readIfPresent(file);
  if (bytes === undefined) return undefined;
  if (bytes.length !== 32) throw new Error(`${file} is not a key of 32 bytes`);
  return bytes;
}
