import { ledger, peer } from '@hyperledger/fabric-protos';
import { whyUnreadable } from '../encoding/message.js';
import { QUERY_LIMIT, type QueryCursor } from './query-cursor.js';
import { historySource, limited, stateSource } from './query-source.js';
import type { TransactionContext, TransactionScope } from './transaction-context.js';

const { Type } = peer.ChaincodeMessage;
const EMPTY = new Uint8Array();

export type History = (namespace: string, key: string) => AsyncIterator<ledger.queryresult.KeyModification>;
export type Invoke = (
  scope: TransactionScope,
  chaincode: string,
  input: peer.ChaincodeInput,
) => Promise<peer.ChaincodeMessage>;

/** A field that Fabric takes for granted: it panics, recovers, and says so. */
const PANIC = 'panic during execution';

export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** Answers what a chaincode asks of its peer in the course of a transaction; the result is the answer's payload. */
export class Requests {
  constructor(
    private readonly history: History,
    private readonly invoke: Invoke,
  ) {}

  static handles(type: number): boolean {
    return HANDLED.has(type);
  }

  async answer(message: peer.ChaincodeMessage, context: TransactionContext): Promise<Uint8Array> {
    const payload = message.getPayload_asU8();
    switch (message.getType()) {
      case Type.GET_STATE:
        return this.getState(opened(peer.GetState, payload), context);
      case Type.GET_STATE_MULTIPLE:
        return this.getStates(opened(peer.GetStateMultiple, payload), context);
      case Type.PUT_STATE:
        return this.put(opened(peer.PutState, payload), context);
      case Type.DEL_STATE:
        return this.delete(opened(peer.DelState, payload), context);
      case Type.PURGE_PRIVATE_DATA:
        return this.purge(opened(peer.DelState, payload), context);
      case Type.GET_STATE_METADATA:
        return this.getMetadata(opened(peer.GetStateMetadata, payload), context);
      case Type.PUT_STATE_METADATA: {
        const request = opened(peer.PutStateMetadata, payload);
        if (request.getMetadata() === undefined) throw new RequestError(PANIC);
        return this.putMetadata(request, context);
      }
      case Type.WRITE_BATCH_STATE:
        return this.writeBatch(opened(peer.WriteBatchState, payload), context);
      case Type.GET_PRIVATE_DATA_HASH: {
        const request = opened(peer.GetState, payload);
        return context.scope.simulator.getPrivateDataHash(context.namespace, request.getCollection(), request.getKey());
      }
      case Type.GET_STATE_BY_RANGE:
        return this.range(opened(peer.GetStateByRange, payload), context);
      case Type.GET_QUERY_RESULT:
        return this.query(opened(peer.GetQueryResult, payload), context);
      case Type.GET_HISTORY_FOR_KEY: {
        const request = opened(peer.GetHistoryForKey, payload);
        const source = historySource(this.history(context.namespace, request.getKey()));
        return this.batch(context, context.open({ source, pageSize: undefined }));
      }
      case Type.QUERY_STATE_NEXT: {
        const cursor = context.cursor(opened(peer.QueryStateNext, payload).getId());
        if (cursor === undefined) throw new RequestError('query iterator not found');
        return this.batch(context, cursor);
      }
      case Type.QUERY_STATE_CLOSE:
        return this.closeQuery(opened(peer.QueryStateClose, payload), context);
      case Type.INVOKE_CHAINCODE:
        return this.invokeChaincode(opened(peer.ChaincodeSpec, payload), context);
      default:
        throw new RequestError(`no such request: ${message.getType()}`);
    }
  }

  private async getState(request: peer.GetState, context: TransactionContext): Promise<Uint8Array> {
    const collection = request.getCollection();
    if (collection === '') return context.scope.simulator.getState(context.namespace, request.getKey());
    context.requireRead(collection);
    return context.scope.simulator.getPrivateData(context.namespace, collection, request.getKey());
  }

  private async getStates(request: peer.GetStateMultiple, context: TransactionContext): Promise<Uint8Array> {
    const { simulator } = context.scope;
    const collection = request.getCollection();
    const result = new peer.GetStateMultipleResult();
    if (collection !== '') {
      context.requireRead(collection);
      result.setValuesList(
        await simulator.getPrivateDataMultiple(context.namespace, collection, request.getKeysList()),
      );
    } else {
      const values: Uint8Array[] = [];
      for (const key of request.getKeysList()) values.push(await simulator.getState(context.namespace, key));
      result.setValuesList(values);
    }
    return result.serializeBinary();
  }

  private async put(
    request: Pick<peer.PutState, 'getCollection' | 'getKey' | 'getValue_asU8'>,
    context: TransactionContext,
  ): Promise<Uint8Array> {
    await this.write(context, request.getCollection(), request.getKey(), request.getValue_asU8());
    return EMPTY;
  }

  private async delete(
    request: Pick<peer.DelState, 'getCollection' | 'getKey'>,
    context: TransactionContext,
  ): Promise<Uint8Array> {
    await this.write(context, request.getCollection(), request.getKey(), EMPTY);
    return EMPTY;
  }

  private async write(context: TransactionContext, collection: string, key: string, value: Uint8Array): Promise<void> {
    const { simulator } = context.scope;
    if (collection === '') return simulator.putState(context.namespace, key, value);
    context.requireWrite(collection);
    return simulator.putPrivateData(context.namespace, collection, key, value);
  }

  private async purge(
    request: Pick<peer.DelState, 'getCollection' | 'getKey'>,
    context: TransactionContext,
  ): Promise<Uint8Array> {
    const collection = request.getCollection();
    if (collection === '') throw new RequestError('only applicable for private data');
    context.requireWrite(collection);
    await context.scope.simulator.putPrivateData(context.namespace, collection, request.getKey(), EMPTY, true);
    return EMPTY;
  }

  private async getMetadata(request: peer.GetStateMetadata, context: TransactionContext): Promise<Uint8Array> {
    const { simulator } = context.scope;
    const collection = request.getCollection();
    if (collection !== '') context.requireRead(collection);
    const entries =
      collection === ''
        ? await simulator.getStateMetadata(context.namespace, request.getKey())
        : await simulator.getPrivateMetadata(context.namespace, collection, request.getKey());
    const result = new peer.StateMetadataResult();
    result.setEntriesList(
      entries.map((entry) => {
        const metadata = new peer.StateMetadata();
        metadata.setMetakey(entry.getName());
        metadata.setValue(entry.getValue_asU8());
        return metadata;
      }),
    );
    return result.serializeBinary();
  }

  private async putMetadata(
    request: Pick<peer.PutStateMetadata, 'getCollection' | 'getKey' | 'getMetadata'>,
    context: TransactionContext,
  ): Promise<Uint8Array> {
    const { simulator } = context.scope;
    const collection = request.getCollection();
    const entry = new ledger.rwset.kvrwset.KVMetadataEntry();
    entry.setName(request.getMetadata()?.getMetakey() ?? '');
    entry.setValue(request.getMetadata()?.getValue_asU8() ?? EMPTY);
    if (collection === '') {
      await simulator.putStateMetadata(context.namespace, request.getKey(), [entry]);
    } else {
      context.requireWrite(collection);
      await simulator.putPrivateMetadata(context.namespace, collection, request.getKey(), [entry]);
    }
    return EMPTY;
  }

  private async writeBatch(batch: peer.WriteBatchState, context: TransactionContext): Promise<Uint8Array> {
    for (const record of batch.getRecList()) {
      switch (record.getType()) {
        case peer.WriteRecord.Type.PUT_STATE:
          await this.put(record, context);
          break;
        case peer.WriteRecord.Type.DEL_STATE:
          await this.delete(record, context);
          break;
        case peer.WriteRecord.Type.PURGE_PRIVATE_DATA:
          await this.purge(record, context);
          break;
        case peer.WriteRecord.Type.PUT_STATE_METADATA:
          await this.putMetadata(record, context);
          break;
        default:
          throw new RequestError('unknown operation type');
      }
    }
    return EMPTY;
  }

  private async range(request: peer.GetStateByRange, context: TransactionContext): Promise<Uint8Array> {
    const { simulator } = context.scope;
    const { namespace } = context;
    const collection = request.getCollection();
    const page = pageOf(request.getMetadata_asU8());
    if (collection !== '') {
      context.requireRead(collection);
      const scan = simulator.scanPrivate(namespace, collection, request.getStartkey(), request.getEndkey());
      // Private data has no pages: a page's size is a limit, its bookmark nothing.
      const limit = page !== undefined && page.size > 0 ? page.size : QUERY_LIMIT;
      return this.batch(
        context,
        context.open({ source: limited(stateSource(namespace, scan), limit), pageSize: undefined }),
      );
    }
    if (page === undefined) {
      const scan = simulator.scan(namespace, request.getStartkey(), request.getEndkey());
      return this.batch(context, context.open({ source: stateSource(namespace, scan), pageSize: undefined }));
    }
    const start = page.bookmark === '' ? request.getStartkey() : page.bookmark;
    const scan = simulator.scanPage(namespace, start, request.getEndkey(), page.size);
    return this.batch(context, context.open({ source: stateSource(namespace, scan), pageSize: page.size }));
  }

  /** The state is key-value, as LevelDB's on a peer: it has no rich queries. */
  private query(request: peer.GetQueryResult, context: TransactionContext): Promise<Uint8Array> {
    const collection = request.getCollection();
    if (collection !== '') context.requireRead(collection);
    const paged = collection === '' && pageOf(request.getMetadata_asU8()) !== undefined;
    throw new RequestError(
      paged ? 'ExecuteQueryWithMetadata not supported for leveldb' : 'ExecuteQuery not supported for leveldb',
    );
  }

  private async batch(context: TransactionContext, cursor: QueryCursor): Promise<Uint8Array> {
    try {
      const { response, last } = await cursor.batch();
      if (last) await context.release(cursor);
      return response.serializeBinary();
    } catch (cause) {
      await context.release(cursor);
      throw cause;
    }
  }

  private async closeQuery(request: peer.QueryStateClose, context: TransactionContext): Promise<Uint8Array> {
    const cursor = context.cursor(request.getId());
    if (cursor !== undefined) await context.release(cursor);
    const response = new peer.QueryResponse();
    response.setId(request.getId());
    response.setHasMore(false);
    return response.serializeBinary();
  }

  private async invokeChaincode(spec: peer.ChaincodeSpec, context: TransactionContext): Promise<Uint8Array> {
    const called = spec.getChaincodeId();
    if (called === undefined) throw new RequestError(PANIC);
    const { name, channel } = instanceOf(called.getName());
    const input = spec.getInput();
    if (input === undefined) throw new RequestError(PANIC);
    if (channel !== '' && channel !== context.scope.channel)
      throw new RequestError(`Failed to get policy manager for channel [${channel}]`);
    try {
      const response = await this.invoke(context.scope, name, input);
      return response.serializeBinary();
    } catch (cause) {
      throw new RequestError(`execute failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

/** Of "name:version/channel", where version and channel may be left out. */
function instanceOf(called: string): { name: string; channel: string } {
  const [, instance = '', channel = ''] = /^([^/]*)\/?([^]*)$/.exec(called) ?? [];
  return { name: instance.split(':')[0] ?? '', channel };
}

function opened<T>(type: { deserializeBinary(bytes: Uint8Array): T }, payload: Uint8Array): T {
  try {
    return type.deserializeBinary(payload);
  } catch (cause) {
    throw new RequestError(`unmarshal failed: ${whyUnreadable(cause)}`, { cause });
  }
}

function pageOf(metadata: Uint8Array): { size: number; bookmark: string } | undefined {
  if (metadata.length === 0) return undefined;
  const message = opened(peer.QueryMetadata, metadata);
  const size = message.getPagesize();
  const bookmark = message.getBookmark();
  return size === 0 && bookmark === '' ? undefined : { size: Math.min(size, QUERY_LIMIT), bookmark };
}

const HANDLED: ReadonlySet<number> = new Set([
  Type.GET_STATE,
  Type.GET_STATE_MULTIPLE,
  Type.PUT_STATE,
  Type.DEL_STATE,
  Type.PURGE_PRIVATE_DATA,
  Type.GET_STATE_METADATA,
  Type.PUT_STATE_METADATA,
  Type.WRITE_BATCH_STATE,
  Type.GET_PRIVATE_DATA_HASH,
  Type.GET_STATE_BY_RANGE,
  Type.GET_QUERY_RESULT,
  Type.GET_HISTORY_FOR_KEY,
  Type.QUERY_STATE_NEXT,
  Type.QUERY_STATE_CLOSE,
  Type.INVOKE_CHAINCODE,
]);
