/**
 * A peer that knows nothing but one chain: it hands its blocks out as Fabric's deliver service does, up to the one that it is
 * told to have. `peer.js CHAIN CERTIFICATE KEY`, with the number of blocks as messages; it answers its port, then nothing.
 */
import grpc from '@grpc/grpc-js';
import { common, gateway, orderer, peer } from '@hyperledger/fabric-protos';
import { open, readFile } from 'node:fs/promises';
import { field } from './chain.js';

const [path, certificate, key] = process.argv.slice(2);
if (path === undefined || certificate === undefined || key === undefined) throw new Error('peer CHAIN CERTIFICATE KEY');

const file = await open(path, 'r');
const places: number[] = [0];
let height = 0;
const waiting = new Set<() => void>();
process.on('message', (blocks: number) => {
  height = blocks;
  for (const wake of waiting) wake();
});
process.on('disconnect', () => process.exit(0));

async function readAt(number: number): Promise<{ block: Uint8Array; privateData: Uint8Array }> {
  for (let known = places.length - 1; known < number; known++) await readOne(known);
  return readOne(number);
}

async function readOne(number: number) {
  const place = places[number] ?? 0;
  const lengths = Buffer.alloc(8);
  await file.read(lengths, 0, 8, place);
  const [first, second] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
  const bytes = Buffer.allocUnsafe(first + second);
  await file.read(bytes, 0, bytes.length, place + 8);
  places[number + 1] = place + 8 + bytes.length;
  return { block: bytes.subarray(0, first), privateData: bytes.subarray(first) };
}

type Stream = grpc.ServerDuplexStream<Uint8Array, Uint8Array>;

/** Blocks from the wanted one on, and those to come, as fast as they are taken. */
async function deliver(call: Stream, request: Uint8Array, withPrivateData: boolean): Promise<void> {
  // What is waited for: another block, or that the stream takes more; in either case no longer than it is there.
  let wake = () => {};
  call.on('drain', () => {
    wake();
  });
  call.once('cancelled', () => {
    waiting.delete(wakeUp);
    wake();
  });
  const wakeUp = () => {
    wake();
  };
  waiting.add(wakeUp);
  /** False where nobody takes anything any more. */
  const until = async (isReady: () => boolean): Promise<boolean> => {
    while (!isReady() && !call.cancelled) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return !call.cancelled;
  };
  for (let number = startOf(request); await until(() => number < height); number++) {
    const { block, privateData } = await readAt(number);
    // DeliverResponse has `block` as 2 and `block_and_private_data` as 4, and that has its `block` as 1.
    const isTaken = call.write(
      withPrivateData ? field(4, Buffer.concat([field(1, block), privateData])) : field(2, block),
    );
    if (!isTaken) await until(() => !call.writableNeedDrain);
  }
}

function startOf(request: Uint8Array): number {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(request).getPayload_asU8());
  const start = orderer.SeekInfo.deserializeBinary(payload.getData_asU8()).getStart();
  return start?.getSpecified()?.getNumber() ?? 0;
}

const asIs = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const method = (path: string, isStream: boolean): grpc.MethodDefinition<Uint8Array, Uint8Array> => ({
  path,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});
const delivering = (withPrivateData: boolean) => (call: Stream) => {
  call.on('error', () => undefined);
  call.once('data', (request: Uint8Array) => {
    deliver(call, request, withPrivateData).catch((error: unknown) => call.destroy(error as Error));
  });
};
/** The channel's configuration, and how many blocks there are: of all that is asked, only this is answered. */
async function evaluate(request: Uint8Array): Promise<Uint8Array> {
  const result = new peer.Response();
  result.setStatus(200);
  if (chaincodeOf(request) === 'cscc') result.setPayload(configOf((await readAt(0)).block));
  else {
    const info = new common.BlockchainInfo();
    info.setHeight(height);
    result.setPayload(info.serializeBinary());
  }
  const response = new gateway.EvaluateResponse();
  response.setResult(result);
  return response.serializeBinary();
}

function chaincodeOf(request: Uint8Array): string {
  const signed = gateway.EvaluateRequest.deserializeBinary(request).getProposedTransaction();
  const proposal = peer.Proposal.deserializeBinary(signed?.getProposalBytes_asU8() ?? request);
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const extension = peer.ChaincodeHeaderExtension.deserializeBinary(channelHeader.getExtension_asU8());
  return extension.getChaincodeId()?.getName() ?? '';
}

function configOf(genesis: Uint8Array): Uint8Array {
  const [envelope = genesis] = common.Block.deserializeBinary(genesis).getData()?.getDataList_asU8() ?? [];
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelope).getPayload_asU8());
  const config = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
  return (config ?? new common.Config()).serializeBinary();
}

const answering: grpc.handleUnaryCall<Uint8Array, Uint8Array> = ({ request }, answer) => {
  evaluate(request).then(
    (response) => {
      answer(null, response);
    },
    (error: unknown) => {
      answer(error as Error);
    },
  );
};

const server = new grpc.Server({ 'grpc.max_send_message_length': -1 });
server.addService(
  {
    evaluate: method('/gateway.Gateway/Evaluate', false),
    endorse: method('/gateway.Gateway/Endorse', false),
    deliver: method('/protos.Deliver/Deliver', true),
    deliverWithPrivateData: method('/protos.Deliver/DeliverWithPrivateData', true),
  },
  {
    evaluate: answering,
    // Whoever wants to write waits.
    endorse: () => undefined,
    deliver: delivering(false),
    deliverWithPrivateData: delivering(true),
  },
);
const pair = { cert_chain: await readFile(certificate), private_key: await readFile(key) };
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createSsl(null, [pair]), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
});
process.send?.(port);
