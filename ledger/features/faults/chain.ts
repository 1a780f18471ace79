import type { common } from '@hyperledger/fabric-protos';
import { readBlocks } from '../../src/block/block-reader.js';
import {
  blockHeader,
  dataHash,
  envelopesOf,
  headerHash,
  metadataOf,
  TRANSACTIONS_FILTER,
} from '../../src/block/header.js';
import { hex, sha256 } from '../../src/encoding/digest.js';
import { decodeReadWrites, isDelete, isHashDelete } from '../../src/simulation/read-write-set.js';
import { openTransaction } from '../../src/validation/transaction.js';
import { common as messages } from '@hyperledger/fabric-protos';

/** A value with where it was written, `VALUE@BLOCK.TRANSACTION`; bytes in hexadecimal. */
export type Versioned = string;

/** What follows from the blocks alone, worked out apart from the ledger's own code for it. */
export class Chain {
  readonly valid = new Set<string>();
  /** By `namespace key`. */
  readonly state = new Map<string, Versioned>();
  /** By `namespace collection hash-of-the-key`. */
  readonly hashes = new Map<string, Versioned>();
  /** Every write set of a collection, `BLOCK.TRANSACTION namespace collection`. */
  readonly writeSets = new Set<string>();
  height = 0;
  private tip = '';

  static async read(path: string): Promise<Chain> {
    const chain = new Chain();
    for await (const block of readBlocks(path)) chain.add(block);
    return chain;
  }

  private add(block: common.Block): void {
    const header = blockHeader(block);
    if (header.getNumber() !== this.height) throw new Error(`block ${header.getNumber()} is at ${this.height}`);
    if (this.height > 0 && hex(header.getPreviousHash_asU8()) !== this.tip)
      throw new Error(`block ${this.height} does not name the hash of the one before`);
    const envelopes = envelopesOf(block);
    if (hex(dataHash(envelopes)) !== hex(header.getDataHash_asU8()))
      throw new Error(`block ${this.height} does not name the hash of its data`);
    this.tip = hex(headerHash(header));
    const codes = metadataOf(block, TRANSACTIONS_FILTER);
    for (const [index, bytes] of envelopes.entries())
      if (this.height > 0 && codes[index] === 0) this.apply(bytes, `@${this.height}.${index}`);
    this.height++;
  }

  private apply(envelope: Uint8Array, at: string): void {
    const { header, action } = openTransaction(messages.Envelope.deserializeBinary(envelope));
    this.valid.add(header.getTxId());
    for (const { namespace, public: written, collections } of decodeReadWrites(action.getResults_asU8())) {
      for (const write of written.getWritesList())
        set(this.state, `${namespace} ${write.getKey()}`, isDelete(write) ? undefined : write.getValue_asU8(), at);
      for (const { name, hashed } of collections) {
        this.writeSets.add(`${at.slice(1)} ${namespace} ${name}`);
        for (const write of hashed.getHashedWritesList())
          set(
            this.hashes,
            `${namespace} ${name} ${hex(write.getKeyHash_asU8())}`,
            isHashDelete(write) ? undefined : write.getValueHash_asU8(),
            at,
          );
      }
    }
  }
}

function set(map: Map<string, Versioned>, key: string, value: Uint8Array | undefined, at: string): void {
  if (value === undefined) map.delete(key);
  else map.set(key, hex(value) + at);
}

export function hashOf(text: string): string {
  return hex(sha256(text));
}
