import { common, peer } from '@hyperledger/fabric-protos';
import { hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Consortium } from '@proofward/evidence';
import type { Certificates } from './envelope.js';
import type { Live } from './history.js';

/** What a chain is made of. */
export interface ChainPlan {
  consortium: Consortium;
  chaincode: string;
  /** By the organisation's slug. */
  certificates: Readonly<Record<string, Certificates>>;
  /** The channel's configuration, in the genesis block. */
  config: Uint8Array;
  /** Whose peer hands the blocks out, with its private data. */
  mspId: string;
  /** Of the salts, 32 bytes. */
  key: Uint8Array;
  /** How many blocks come after the genesis block. */
  blocks: number;
  transactionsOfBlock: number;
}

/** A block without its header, which needs the one before, as a worker makes it. */
export interface BlockBody {
  /** From 0, which is the block after the genesis block. */
  index: number;
  dataHash: Uint8Array;
  /** The fields `data` and `metadata` of the block. */
  body: Uint8Array;
  /** The private data's map of the event, as far as the peer holds any. */
  privateData: Uint8Array;
  /** How many records the block creates. */
  records: number;
}

export interface WorkerTask extends ChainPlan {
  /** The worker makes every block whose index leaves this when divided by `workers`. */
  turn: number;
  workers: number;
}

export interface FromWorker {
  bodies: BlockBody[];
  /** Where a model version was live, by the first worker; with the last blocks. */
  live?: Live[];
}

/** A chain in a file: each block's length, its private data's length, and both. */
export interface ChainFile {
  path: string;
  /** How many records there are before the block of that number; one more than there are blocks. */
  recordsBefore: number[];
  bytes: number;
  live: Live[];
}

/**
 * Writes a chain of valid blocks. All processors make blocks, each from the whole plan of the history, which is cheap beside
 * sealing and encoding.
 *
 * @param signal ends it, and the workers
 */
export async function writeChain(path: string, plan: ChainPlan, signal: AbortSignal): Promise<ChainFile> {
  const workers = availableParallelism();
  const file = createWriteStream(path);
  const recordsBefore = [0, 0];
  let bytes = 0;
  let live: Live[] = [];
  let previous = new Uint8Array();
  const write = async (block: Uint8Array, privateData: Uint8Array) => {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(block.length, 0);
    lengths.writeUInt32LE(privateData.length, 4);
    bytes += 8 + block.length + privateData.length;
    file.write(lengths);
    file.write(block);
    if (!file.write(privateData)) await once(file, 'drain');
  };
  const begun = (number: number, dataHash: Uint8Array): Uint8Array => {
    const header = new common.BlockHeader();
    header.setNumber(number);
    header.setPreviousHash(previous);
    header.setDataHash(dataHash);
    previous = hash('sha256', headerDer(number, previous, dataHash), 'buffer');
    return field(1, header.serializeBinary());
  };

  const waiting = new Map<number, BlockBody>();
  let next = 0;
  let writing = Promise.resolve();
  const take = async () => {
    for (let body = waiting.get(next); body !== undefined; body = waiting.get(next)) {
      waiting.delete(next);
      next++;
      recordsBefore.push((recordsBefore.at(-1) ?? 0) + body.records);
      await write(Buffer.concat([begun(next, body.dataHash), body.body]), body.privateData);
    }
  };
  try {
    const genesis = genesisBody(plan.config);
    await write(Buffer.concat([begun(0, genesis.dataHash), genesis.body]), new Uint8Array());
    await Promise.all(
      Array.from({ length: workers }, async (_, turn) => {
        const task: WorkerTask = { ...plan, turn, workers };
        const worker = new Worker(new URL('./chain-worker.js', import.meta.url), { workerData: task });
        const stop = () => void worker.terminate();
        signal.addEventListener('abort', stop);
        worker.on('message', (message: FromWorker) => {
          for (const body of message.bodies) waiting.set(body.index, body);
          if (message.live !== undefined) live = message.live;
          writing = writing.then(take);
        });
        try {
          const [code] = (await once(worker, 'exit')) as [number];
          if (code !== 0) throw new Error('a worker that makes blocks has ended');
        } finally {
          signal.removeEventListener('abort', stop);
        }
      }),
    );
    await writing;
  } finally {
    file.end();
    await once(file, 'close');
  }
  if (next !== plan.blocks) throw new Error(`${next} of ${plan.blocks} blocks were made`);
  return { path, recordsBefore, bytes, live };
}

function genesisBody(config: Uint8Array): Pick<BlockBody, 'dataHash' | 'body'> {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  const configuration = new common.ConfigEnvelope();
  configuration.setConfig(common.Config.deserializeBinary(config));
  payload.setData(configuration.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return bodyOf([envelope.serializeBinary()]);
}

/** A block's data, of valid transactions, and its metadata. */
export function bodyOf(envelopes: readonly Uint8Array[]): Pick<BlockBody, 'dataHash' | 'body'> {
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const metadata = new common.BlockMetadata();
  const filter = new Uint8Array(envelopes.length).fill(peer.TxValidationCode.VALID);
  const empty = new Uint8Array();
  // Signatures, last configuration, validation codes, orderer, commit hash (common.BlockMetadataIndex).
  metadata.setMetadataList([empty, empty, filter, empty, new Uint8Array(32)]);
  return {
    // Fabric hashes the transactions one after the other (protoutil/blockutils.go, ComputeBlockDataHash).
    dataHash: hash('sha256', Buffer.concat(envelopes), 'buffer'),
    body: Buffer.concat([field(2, data.serializeBinary()), field(3, metadata.serializeBinary())]),
  };
}

/** A length-delimited field of a protobuf message. */
export function field(number: number, bytes: Uint8Array): Uint8Array {
  const head: number[] = [(number << 3) | 2];
  let length = bytes.length;
  for (; length > 0x7f; length = Math.floor(length / 128)) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** What a block is named by: the DER of number, previous hash and data hash (protoutil/blockutils.go, BlockHeaderBytes). */
function headerDer(number: number, previousHash: Uint8Array, dataHash: Uint8Array): Uint8Array {
  const digits = number.toString(16);
  const magnitude = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  const integer = (magnitude[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude;
  const der = (tag: number, content: Uint8Array) => Buffer.concat([Buffer.of(tag, content.length), content]);
  return der(0x30, Buffer.concat([der(0x02, integer), der(0x04, previousHash), der(0x04, dataHash)]));
}
