/**
 * A chaincode that does what its argument says, in one transaction: `run` with a JSON list of steps. One process serves
 * every chaincode of one organisation.
 *
 *     steps-chaincode MSPID '[{"packageId": "...", "address": "127.0.0.1:9999"}]'
 */
import { peer } from '@hyperledger/fabric-protos';
import shim, { type ChaincodeServerOpts } from 'fabric-shim';
import type { ChaincodeInterface, ChaincodeStub, Iterators } from 'fabric-shim-api';
import type { Step } from './member.js';

const [mspId = '', servers = '[]'] = process.argv.slice(2);

const steps: ChaincodeInterface = {
  Init: () => Promise.resolve(shim.success()),
  Invoke: async (stub) => {
    const [list = '[]'] = stub.getFunctionAndParameters().params;
    try {
      const results: unknown[] = [];
      for (const step of JSON.parse(list) as Step[]) {
        if (step[0] === 'answer') return answerOf(step);
        if (step[0] === 'respond') return { ...shim.success(Buffer.from(String(step[2]))), status: Number(step[1]) };
        const result = await take(stub, step);
        results.push(result === undefined || Buffer.isBuffer(result) ? null : result);
      }
      return shim.success(Buffer.from(JSON.stringify(results)));
    } catch (error) {
      return shim.error(messageOf(error));
    }
  },
};

async function take(stub: ChaincodeStub, [name, ...args]: Step): Promise<unknown> {
  const [first = '', second = '', third = ''] = args as string[];
  switch (name) {
    // Its failure is a result, so that one transaction can ask for much.
    case 'try':
      return take(stub, args as unknown as Step).catch((error: unknown) => ({ error: messageOf(error) }));
    case 'get':
      return text(await stub.getState(first));
    case 'put':
      return stub.putState(first, Buffer.from(second));
    case 'delete':
      return stub.deleteState(first);
    case 'range':
      return all(await stub.getStateByRange(first, second));
    case 'page': {
      const [, , size, bookmark] = args as [string, string, number, string | undefined];
      const { iterator, metadata } = await stub.getStateByRangeWithPagination(first, second, size, bookmark ?? '');
      return { entries: await all(iterator), bookmark: metadata.bookmark, count: metadata.fetchedRecordsCount };
    }
    case 'putComposite':
      return stub.putState(stub.createCompositeKey(first, args[1] as string[]), Buffer.from(third));
    case 'rangeComposite':
      return all(await stub.getStateByPartialCompositeKey(first, args[1] as string[]));
    case 'pageComposite': {
      const [type, attributes, size, bookmark] = args as [string, string[], number, string | undefined];
      const { iterator, metadata } = await stub.getStateByPartialCompositeKeyWithPagination(
        type,
        attributes,
        size,
        bookmark ?? '',
      );
      return { entries: await all(iterator), bookmark: metadata.bookmark, count: metadata.fetchedRecordsCount };
    }
    case 'query':
      return all(await stub.getQueryResult(first));
    case 'history':
      return history(await stub.getHistoryForKey(first));
    case 'setPolicy':
      return stub.setStateValidationParameter(first, policyOf(args[1] as string[]));
    case 'setPolicyBytes':
      return stub.setStateValidationParameter(first, Buffer.from(second, 'hex'));
    case 'getPolicy':
      return hex(await stub.getStateValidationParameter(first));
    case 'getPrivate':
      return text(await stub.getPrivateData(first, second));
    case 'getPrivateHash':
      return hex(await stub.getPrivateDataHash(first, second));
    case 'putPrivate':
      return stub.putPrivateData(first, second, Buffer.from(third));
    case 'putTransient':
      return stub.putPrivateData(first, second, stub.getTransient().get(third) ?? new Uint8Array());
    case 'deletePrivate':
      return stub.deletePrivateData(first, second);
    case 'purgePrivate':
      return stub.purgePrivateData(first, second);
    case 'rangePrivate':
      return privateRange(stub, first, second, third);
    case 'setPrivatePolicy':
      return stub.setPrivateDataValidationParameter(first, second, policyOf(args[2] as string[]));
    case 'setPrivatePolicyBytes':
      return stub.setPrivateDataValidationParameter(first, second, Buffer.from(third, 'hex'));
    case 'getPrivatePolicy':
      return hex(await stub.getPrivateDataValidationParameter(first, second));
    case 'event':
      stub.setEvent(first, Buffer.from(second));
      return undefined;
    case 'invoke': {
      const [chaincode, inner, onChannel] = args as [string, Step[], string | undefined];
      const response = await stub.invokeChaincode(chaincode, ['run', JSON.stringify(inner)], onChannel ?? '');
      return { status: response.status, payload: text(response.payload), message: response.message };
    }
    case 'ask':
      return ask(stub, args as [string, string, string?]);
    case 'complete':
      handlerOf(stub)._stream.write(messageOfType(stub, 'COMPLETED', first));
      return undefined;
    case 'called':
      return called(stub, args as [string, string[]]);
    case 'invokeWith': {
      const { status, message } = await stub.invokeChaincode(first, args[1] as string[], '');
      return { status, message };
    }
    case 'fail':
      throw new Error(first);
    case 'organisation':
      return mspId;
    case 'putOrganisation':
      return stub.putState(first, Buffer.from(mspId));
    case 'sleep':
      return new Promise((done) => setTimeout(done, Number(args[0])));
    case 'die':
      return process.exit(1);
    case 'creator':
      return stub.getCreator().mspid;
    default:
      throw new Error(`no such step: ${name}`);
  }
}

/** The status, message and payload with which the chaincode ends. */
function answerOf(step: Step): ReturnType<typeof shim.success> {
  const [, status, message, payload = ''] = step as readonly [string, number, string, string?];
  return Object.assign(shim.success(Buffer.from(payload)), { status, message });
}

/** What the shim itself sends messages with; it has no public way to send one that its functions do not make. */
interface Handler {
  readonly _stream: { write(message: peer.ChaincodeMessage): void };
  _askPeerAndListen(message: peer.ChaincodeMessage, method: string): Promise<Uint8Array>;
}

function handlerOf(stub: ChaincodeStub): Handler {
  return (stub as unknown as { handler: Handler }).handler;
}

function messageOfType(stub: ChaincodeStub, type: string, hexPayload: string, channel = stub.getChannelID()) {
  const message = new peer.ChaincodeMessage();
  message.setType(peer.ChaincodeMessage.Type[type as keyof peer.ChaincodeMessage.TypeMap]);
  message.setPayload(Buffer.from(hexPayload, 'hex'));
  message.setTxid(stub.getTxID());
  message.setChannelId(channel);
  return message;
}

/** Sends a request as its bytes are, and tells the answer's bytes. */
async function ask(stub: ChaincodeStub, [type, payload, channel]: [string, string, string?]): Promise<string> {
  const message = messageOfType(stub, type, payload, channel);
  // The shim looks for the answer where it noted the question, so both must name the same channel.
  return hex(await handlerOf(stub)._askPeerAndListen(message, type));
}

/** Calls a chaincode of any kind with any arguments. */
async function called(stub: ChaincodeStub, [name, args]: [string, string[]]) {
  const { status, message, payload } = await stub.invokeChaincode(name, args, '');
  return { status, message, bytes: payload?.length ?? 0 };
}

function policyOf(mspIds: readonly string[]): Uint8Array {
  const policy = new shim.KeyEndorsementPolicy();
  policy.addOrgs('PEER', ...mspIds);
  return policy.getPolicy();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function text(bytes: Uint8Array | undefined | null): string {
  return Buffer.from(bytes ?? []).toString();
}

/** What is absent is empty, whichever of the two the shim says. */
function hex(bytes: Uint8Array | undefined | null): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

async function all(iterator: Iterators.StateQueryIterator): Promise<[string, string][]> {
  const entries: [string, string][] = [];
  for (let result = await iterator.next(); !result.done; result = await iterator.next())
    entries.push([result.value.key, text(result.value.value)]);
  await iterator.close();
  return entries;
}

async function privateRange(stub: ChaincodeStub, collection: string, from: string, to: string) {
  const entries: [string, string][] = [];
  // The shim's types say a promise; it is an iterable.
  const found = stub.getPrivateDataByRange(collection, from, to) as unknown as AsyncIterable<Iterators.KV>;
  for await (const { key, value } of found) entries.push([key, text(value)]);
  return entries;
}

async function history(iterator: Iterators.HistoryQueryIterator) {
  const entries: { value: string; deleted: boolean; txId: string }[] = [];
  for (let result = await iterator.next(); !result.done; result = await iterator.next()) {
    const { value, isDelete, txId } = result.value;
    entries.push({ value: text(value), deleted: isDelete, txId });
  }
  await iterator.close();
  return entries;
}

for (const { packageId: ccid, address } of JSON.parse(servers) as { packageId: string; address: string }[])
  await shim.Shim.server(steps, { ccid, address } as ChaincodeServerOpts).start();
process.on('SIGTERM', () => process.exit(0));
