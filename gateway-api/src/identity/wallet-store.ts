import type { WalletStore } from 'fabric-network';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../failure.js';
import { readIfPresent, writeSecretFile } from '../files.js';

const suffix = '.identity';
const labelPattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
const formatVersion = 1;
const nonceLength = 12;
const tagLength = 16;

/**
 * A wallet's files, each encrypted with AES-256-GCM: version (1 byte), nonce (12), tag (16), ciphertext. The label is
 * authenticated with it, so that two identities cannot be exchanged on disk.
 */
export class EncryptedWalletStore implements WalletStore {
  constructor(
    private readonly folder: string,
    private readonly key: Uint8Array,
  ) {}

  async get(label: string): Promise<Buffer | undefined> {
    const sealed = await readIfPresent(this.path(label));
    return sealed === undefined ? undefined : this.open(label, sealed);
  }

  async list(): Promise<string[]> {
    try {
      const files = await readdir(this.folder);
      return files
        .filter((file) => file.endsWith(suffix))
        .map((file) => file.slice(0, -suffix.length))
        .sort();
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return [];
      throw error;
    }
  }

  async put(label: string, data: Buffer): Promise<void> {
    await writeSecretFile(this.path(label), this.seal(label, data));
  }

  async remove(label: string): Promise<void> {
    await rm(this.path(label), { force: true });
  }

  private path(label: string): string {
    if (!labelPattern.test(label)) throw new Error(`not a label of the wallet: ${label}`);
    return join(this.folder, label + suffix);
  }

  private seal(label: string, data: Buffer): Buffer {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(label));
    const ciphertext = Buffer.concat([cipher.update(data), cipher.final()]);
    return Buffer.concat([Buffer.of(formatVersion), nonce, cipher.getAuthTag(), ciphertext]);
  }

  private open(label: string, sealed: Buffer): Buffer {
    const tagStart = 1 + nonceLength;
    const start = tagStart + tagLength;
    try {
      if (sealed[0] !== formatVersion) throw new Error('unknown version');
      const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(1, tagStart), {
        authTagLength: tagLength,
      })
        .setAAD(Buffer.from(label))
        .setAuthTag(sealed.subarray(tagStart, start));
      return Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
    } catch (error) {
      throw new Error(`the wallet's identity ${label} cannot be opened with the key of this gateway`, { cause: error });
    }
  }
}
