import { createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Receipt, receiptBytes, type SignedReceipt } from '@proofward/evidence';
import { ProblemError, type ReceiptAnswer } from '@proofward/client';
import type { World } from './world.js';

/** Lower-case hex of random bytes. */
export const hex = (bytes = 32) => randomBytes(bytes).toString('hex');

/** What a serving process of an organisation signs with: its service's key. */
export class ReceiptMaker {
  private constructor(
    private readonly channel: string,
    private readonly site: string,
    readonly keyPem: string,
    readonly certificate: string,
    private readonly key: KeyObject,
  ) {}

  static async of(world: World, slug: string, name = 'service'): Promise<ReceiptMaker> {
    const { channel, organizations } = world.stack.network;
    const users: Record<string, { keyPath: string; certPath: string } | undefined> =
      organizations.find((organization) => organization.slug === slug)?.users ?? {};
    const service = users[name];
    if (service === undefined) throw new Error(`${slug} has no ${name}`);
    const keyPem = await readFile(service.keyPath, 'utf8');
    const certificate = await readFile(service.certPath, 'utf8');
    return new ReceiptMaker(channel, slug, keyPem, certificate, createPrivateKey(keyPem));
  }

  /** A receipt of now, of random values. */
  make(endpoint: string, sequence: number, more: Partial<Receipt> = {}): SignedReceipt {
    const said: Receipt = {
      ...{ schema: 1, id: hex(16), site: this.site, endpoint, sequence, at: new Date().toISOString() },
      ...{ model: hex(), input: hex(), output: hex() },
      ...more,
    };
    return this.sign(said);
  }

  sign(said: Receipt, key: KeyObject = this.key, certificate: string = this.certificate): SignedReceipt {
    const signature = sign('sha256', receiptBytes(this.channel, said), key).toString('base64');
    return { receipt: said, signature, certificate };
  }
}

/** Asks until there is an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, patience = 45_000): Promise<T> {
  for (const until = Date.now() + patience; Date.now() < until;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(200);
  }
  throw new Error(`${what}: not within ${patience} ms`);
}

/** A receipt that is in a batch on the ledger, with its proof. It may not have come in yet. */
export function batched(
  ask: () => Promise<ReceiptAnswer>,
): Promise<ReceiptAnswer & Required<Pick<ReceiptAnswer, 'batch' | 'proof'>>> {
  return eventually('the receipt is in a batch', async () => {
    try {
      const { batch, proof, ...found } = await ask();
      return batch === undefined || proof === undefined ? undefined : { ...found, batch, proof };
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'RECORD_NOT_FOUND') return undefined;
      throw error;
    }
  });
}
