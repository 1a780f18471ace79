import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { hex, sha256 } from '../../src/encoding/digest.js';
import { readPosition } from '../../src/encoding/numbers.js';
import { decodeState } from '../../src/state/public-state.js';
import type { Versioned } from './chain.js';

type Entries = [Buffer, Buffer][];

/** What lies in the databases of a ledger that does not run. */
export async function storedState(data: string): Promise<{
  state: Map<string, Versioned>;
  hashes: Map<string, Versioned>;
}> {
  const state = new Map<string, Versioned>();
  const hashes = new Map<string, Versioned>();
  for (const [key, value] of await entriesOf(join(data, 'state'))) {
    const kind = String.fromCharCode(key.readUInt8(0));
    const [namespace = '', second = ''] = key.subarray(1).toString('utf8').split('\0');
    if (kind === 's') state.set(`${namespace} ${second}`, versioned(value));
    if (kind === 'h') hashes.set(`${namespace} ${second} ${hex(key.subarray(key.length - 32))}`, versioned(value));
  }
  return { state, hashes };
}

/** An organisation's private values as the hashes that the channel has of them. */
export async function storedPrivately(data: string, mspId: string): Promise<Map<string, Versioned>> {
  const hashes = new Map<string, Versioned>();
  for (const [key, bytes] of await entriesOf(join(data, 'private', mspId))) {
    if (key.readUInt8(0) !== 0x73) continue;
    const [namespace = '', collection = '', name = ''] = key.subarray(1).toString('utf8').split('\0');
    const { value, version } = decodeState(bytes);
    hashes.set(
      `${namespace} ${collection} ${hex(sha256(name))}`,
      `${hex(sha256(value))}@${version.block}.${version.transaction}`,
    );
  }
  return hashes;
}

/** The write sets that an organisation keeps, `BLOCK.TRANSACTION namespace collection`. */
export async function storedWriteSets(data: string, mspId: string): Promise<string[]> {
  return (await entriesOf(join(data, 'private', mspId)))
    .filter(([key]) => key.readUInt8(0) === 0x77)
    .map(([key]) => {
      const { block, transaction } = readPosition(key, 1);
      return `${block}.${transaction} ${key.subarray(11).toString('utf8').replace('\0', ' ')}`;
    });
}

/** Every entry of the public database, in hexadecimal. */
export async function allStored(data: string): Promise<string[]> {
  return (await entriesOf(join(data, 'state'))).map(([key, value]) => `${hex(key)} ${hex(value)}`);
}

async function entriesOf(path: string): Promise<Entries> {
  const store = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    return await store.iterator().all();
  } finally {
    await store.close();
  }
}

function versioned(bytes: Buffer): Versioned {
  const { value, version } = decodeState(bytes);
  return `${hex(value)}@${version.block}.${version.transaction}`;
}
