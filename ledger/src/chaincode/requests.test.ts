import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledger, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Definitions } from '../definition/chaincode.js';
import { Identity } from '../identity/identity.js';
import { Membership } from '../identity/membership.js';
import { DEFAULT_ENDORSEMENT } from '../policy/application-policy.js';
import { ChannelPolicies } from '../policy/channel-policies.js';
import { PrivateStore } from '../private/private-store.js';
import { Simulator } from '../simulation/simulator.js';
import { encodeState, PublicState, stateKey, type Store } from '../state/public-state.js';
import { openStore } from '../state/store.js';
import { QueryCursor } from './query-cursor.js';
import { Requests } from './requests.js';
import { TransactionContext } from './transaction-context.js';

const { Type } = peer.ChaincodeMessage;

describe('what a chaincode asks', () => {
  let folder: string;
  let state: Store;
  let privateStore: PrivateStore;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'requests-'));
    state = await openStore(join(folder, 'state'));
    privateStore = await PrivateStore.open(join(folder, 'private'), (cause) => {
      throw cause;
    });
    const version = { block: 1, transaction: 0 };
    const value = encodeState({ version, value: Buffer.from('here'), metadata: Buffer.alloc(0) });
    await state.put(stateKey('basic', 'a'), value);
  });

  afterAll(async () => {
    await state.close();
    await privateStore.close();
    rmSync(folder, { recursive: true });
  });

  const open = (): { simulator: Simulator; ask: (type: number, payload: Uint8Array) => Promise<Uint8Array> } => {
    const definitions = new Definitions(new ChannelPolicies(new Membership([]), ['Org1MSP'], 'OrdererMSP'));
    definitions.replace([
      {
        name: 'basic',
        version: '1',
        sequence: 1,
        packageId: 'b:1',
        endpoints: new Map(),
        endorsement: DEFAULT_ENDORSEMENT,
        collections: [],
        fromBlock: 1,
      },
    ]);
    const snapshot = privateStore.snapshot();
    const simulator = new Simulator('tx', new PublicState(state), privateStore, snapshot, definitions, () =>
      snapshot.close(),
    );
    const scope = {
      transactionId: 'tx',
      channel: 'c',
      invoked: 'basic',
      proposal: new peer.SignedProposal(),
      creator: Object.create(Identity.prototype) as Identity,
      simulator,
    };
    const context = new TransactionContext(scope, 'basic', definitions);
    const requests = new Requests(
      () => [][Symbol.iterator]() as unknown as AsyncIterator<ledger.queryresult.KeyModification>,
      () => Promise.reject(new Error('no other chaincode')),
    );
    return {
      simulator,
      ask: async (type, payload) => {
        const message = new peer.ChaincodeMessage();
        message.setType(type as typeof Type.GET_STATE);
        message.setPayload(payload);
        return requests.answer(message, context);
      },
    };
  };

  test('several keys at once are answered in order, absent ones empty', async () => {
    const { simulator, ask } = open();
    const request = new peer.GetStateMultiple();
    request.setKeysList(['none', 'a']);
    const result = peer.GetStateMultipleResult.deserializeBinary(
      await ask(Type.GET_STATE_MULTIPLE, request.serializeBinary()),
    );
    expect(result.getValuesList_asU8().map((value) => Buffer.from(value).toString())).toEqual(['', 'here']);
    await simulator.close();
  });

  test('a batch of writes is the same as its writes', async () => {
    const record = (type: 1 | 2 | 3 | 4 | 5, key: string, value = ''): peer.WriteRecord => {
      const message = new peer.WriteRecord();
      message.setType(type as ReturnType<peer.WriteRecord['getType']>);
      message.setKey(key);
      message.setValue(Buffer.from(value));
      return message;
    };
    const { simulator, ask } = open();
    const { PUT_STATE, DEL_STATE } = peer.WriteRecord.Type;
    const batch = new peer.WriteBatchState();
    batch.setRecList([record(PUT_STATE as 1, 'b', '1'), record(DEL_STATE as 2, 'a')]);
    await ask(Type.WRITE_BATCH_STATE, batch.serializeBinary());
    const batched = simulator.results().simulated.publicBytes;
    const { simulator: single } = open();
    await single.putState('basic', 'b', Buffer.from('1'));
    await single.putState('basic', 'a', new Uint8Array());
    expect(Buffer.from(batched)).toEqual(Buffer.from(single.results().simulated.publicBytes));
    await simulator.close();
    await single.close();
  });

  test('a simulation that is over answers nothing any more', async () => {
    const { simulator, ask } = open();
    await simulator.close();
    const request = new peer.GetState();
    request.setKey('a');
    await expect(ask(Type.GET_STATE, request.serializeBinary())).rejects.toThrow(
      /should not be used after calling Done/,
    );
  });

  test('purging what is public is refused', async () => {
    const { simulator, ask } = open();
    await expect(ask(Type.PURGE_PRIVATE_DATA, new peer.DelState().serializeBinary())).rejects.toThrow(
      'only applicable for private data',
    );
    await simulator.close();
  });
});

test('a query is handed over in batches of a hundred', async () => {
  let left = 250;
  const source = {
    next: () => Promise.resolve(left-- > 0 ? Uint8Array.of(1) : undefined),
    close: () => Promise.resolve(),
  };
  const cursor = new QueryCursor({ id: 'q', source, pageSize: undefined });
  const sizes: [number, boolean][] = [];
  for (let last = false; !last;) {
    const batch = await cursor.batch();
    sizes.push([batch.response.getResultsList().length, batch.response.getHasMore()]);
    last = batch.last;
  }
  expect(sizes).toEqual([
    [100, true],
    [100, true],
    [50, false],
  ]);
});
