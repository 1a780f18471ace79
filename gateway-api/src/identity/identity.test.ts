import { afterAll, describe, expect, it } from '@jest/globals';
import { ProofwardError } from '@proofward/evidence';
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { provisionGateway } from '../provision/provision.js';
import { ApiKeyFile } from './api-key-file.js';
import { ApiKeys, newApiKey } from './api-keys.js';
import { apiKeyWay, Authenticator } from './authenticator.js';
import { newSigner } from './signer.js';
import { EncryptedWalletStore } from './wallet-store.js';

const folder = mkdtempSync(join(tmpdir(), 'proofward-identity-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const keyPair = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

describe('the wallet on disk', () => {
  const store = new EncryptedWalletStore(join(folder, 'wallet'), randomBytes(32));

  it('gives back what was put, and holds none of it in clear', async () => {
    await store.put('reader', Buffer.from('a private key'));
    expect((await store.get('reader'))?.toString()).toBe('a private key');
    expect(await store.list()).toEqual(['reader']);
    const path = join(folder, 'wallet', 'reader.identity');
    expect(readFileSync(path).includes('a private key')).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await store.get('nobody')).toBeUndefined();
  });

  it('refuses a changed file, another key, and one identity under the name of another', async () => {
    const path = join(folder, 'wallet', 'reader.identity');
    const stranger = new EncryptedWalletStore(join(folder, 'wallet'), randomBytes(32));
    await expect(stranger.get('reader')).rejects.toThrow('cannot be opened');
    const bytes = readFileSync(path);
    for (const index of [0, 5, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      writeFileSync(path, changed);
      await expect(store.get('reader')).rejects.toThrow('cannot be opened');
    }
    writeFileSync(path, bytes);
    renameSync(path, join(folder, 'wallet', 'admin.identity'));
    await expect(store.get('admin')).rejects.toThrow('cannot be opened');
    await expect(store.put('../outside', bytes)).rejects.toThrow('not a label');
  });
});

describe('signatures', () => {
  it('are valid, and their S is in the lower half', async () => {
    const { publicKey, privateKey } = keyPair();
    const signer = newSigner(privateKey);
    const half = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;
    for (let round = 0; round < 200; round++) {
      const message = randomBytes(round + 1);
      const signature = Buffer.from(await signer(message));
      expect(verify('sha256', message, createPublicKey(publicKey), signature)).toBe(true);
      const rLength = signature[3] ?? 0;
      const s = BigInt(`0x${signature.subarray(6 + rLength).toString('hex')}`);
      expect(s <= half).toBe(true);
    }
  });
});

describe('API keys', () => {
  it('are found by their text and nothing else, and are stored as hashes', () => {
    const { text, record } = newApiKey('auditor', 'auditor');
    const keys = new ApiKeys([record, newApiKey('reader', 'reader').record]);
    expect(text).toMatch(/^pwk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
    expect(keys.find(text)).toBe(record);
    expect(keys.find(`${text}x`)).toBeUndefined();
    expect(keys.find(text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A'))).toBeUndefined();
    expect(keys.find(`pwk_${record.id}_${'A'.repeat(43)}`)).toBeUndefined();
    expect(JSON.stringify(record)).not.toContain(text.slice(13));
  });

  it('authenticate a request, or it is nobody', async () => {
    const { text, record } = newApiKey('admin', 'admin');
    const authenticator = new Authenticator([apiKeyWay({ current: () => Promise.resolve(new ApiKeys([record])) })]);
    const ask = (authorization?: string) =>
      authenticator.authenticate({ headers: { authorization } } as unknown as IncomingMessage);
    expect(await ask(`Bearer ${text}`)).toMatchObject({ role: 'admin', scopes: ['records:read', 'records:write'] });
    for (const wrong of [undefined, '', text, `Basic ${text}`, 'Bearer', 'Bearer pwk_00000000_x']) {
      await expect(ask(wrong)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(new ProofwardError('UNAUTHENTICATED', '').status).toBe(401);
  });
});

describe('provisioning', () => {
  const at = (name: string) => join(folder, 'gateway', name);
  const config = {
    mspId: 'ClevelandMSP',
    walletDir: at('wallet'),
    walletKeyFile: at('wallet.key'),
    apiKeysFile: at('api-keys.json'),
    commitmentKeyFile: at('commitment.key'),
  };

  it('keeps secrets and known keys, and makes new keys where none is known', async () => {
    const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(certPath, 'a certificate');
    writeFileSync(keyPath, keyPair().privateKey);
    const identities = ['reader', 'admin', 'oracle'].map((role) => ({ role, certPath, keyPath }));
    const first = await provisionGateway({ config, identities, makeKeys: true });
    expect(Object.keys(first.apiKeys)).toEqual(['reader', 'admin']);
    const secrets = [readFileSync(config.walletKeyFile), readFileSync(config.commitmentKeyFile)];
    expect(secrets.map(({ length }) => length)).toEqual([32, 32]);

    const again = await provisionGateway({ config, identities, makeKeys: true, knownKeys: first.apiKeys });
    expect(again).toEqual(first);
    expect([readFileSync(config.walletKeyFile), readFileSync(config.commitmentKeyFile)]).toEqual(secrets);
    // A key under another role's name is not that role's.
    const swapped = await provisionGateway({
      config,
      identities,
      makeKeys: true,
      knownKeys: { reader: first.apiKeys.admin ?? '', admin: first.apiKeys.admin ?? '' },
    });
    expect(swapped.apiKeys.admin).toBe(first.apiKeys.admin);
    expect(swapped.apiKeys.reader).not.toBe(first.apiKeys.reader);
    const keys = await ApiKeys.read(config.apiKeysFile);
    for (const text of [first.apiKeys.reader, swapped.apiKeys.reader])
      expect(keys.find(text ?? '')?.role).toBe('reader');

    // Keys come and go while the gateway runs; a file that is none changes nothing.
    const file = await ApiKeyFile.open(config.apiKeysFile, pino({ level: 'silent' }));
    const known = async () => (await file.current()).find(swapped.apiKeys.reader ?? '') !== undefined;
    expect(await known()).toBe(true);
    await new ApiKeys([]).write(config.apiKeysFile);
    await delay(1_050);
    expect(await known()).toBe(false);
    await keys.write(config.apiKeysFile);
    await delay(1_050);
    expect(await known()).toBe(true);
    writeFileSync(config.apiKeysFile, '{');
    await delay(1_050);
    expect(await known()).toBe(true);
    for (const file of [config.walletKeyFile, config.commitmentKeyFile, config.apiKeysFile]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
  });
});
