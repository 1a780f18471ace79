import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Step } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { likenessNetwork } from './network.js';

const { rwset } = ledger;

describe('chaincode definitions', () => {
  let network: PlainNetwork;

  beforeAll(() => {
    network = likenessNetwork();
  });

  afterAll(() => {
    network.disconnect();
  });

  const readWriteSets = async (transactionId: string): Promise<ledger.rwset.NsReadWriteSet[]> => {
    const bytes = await network
      .member('Org1MSP')
      .contract('qscc')
      .evaluate('GetTransactionByID', { arguments: ['mychannel', transactionId] });
    const envelope = peer.ProcessedTransaction.deserializeBinary(bytes).getTransactionenvelope();
    const payload = common.Payload.deserializeBinary(envelope?.getPayload_asU8() ?? new Uint8Array());
    const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const endorsed = peer.ChaincodeActionPayload.deserializeBinary(
      action?.getPayload_asU8() ?? new Uint8Array(),
    ).getAction();
    const response = peer.ProposalResponsePayload.deserializeBinary(
      endorsed?.getProposalResponsePayload_asU8() ?? new Uint8Array(),
    );
    const results = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()).getResults_asU8();
    return rwset.TxReadWriteSet.deserializeBinary(results).getNsRwsetList();
  };

  test('an endorsement reads the sequence that it relied on, of a called chaincode too', async () => {
    const submitted = await network
      .member('Org1MSP')
      .send([['invoke', 'two', [['put', 'definition', 'x']]]], { endorsers: ['Org1MSP', 'Org2MSP'] });
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
    const sets = await readWriteSets(submitted.getTransactionId());
    expect(sets.map((set) => set.getNamespace())).toEqual(['_lifecycle', 'two']);
    const reads = rwset.kvrwset.KVRWSet.deserializeBinary(sets[0]?.getRwset_asU8() ?? new Uint8Array()).getReadsList();
    expect(reads.map((read) => [read.getKey(), read.getVersion() !== undefined])).toEqual([
      ['namespaces/fields/steps/Sequence', true],
      ['namespaces/fields/two/Sequence', true],
    ]);
  });

  test.each<[string, Step]>([
    ['read', ['getPrivate', 'pair', 'definition']],
    ['written', ['putPrivate', 'pair', 'definition', 'x']],
    ['asked for a hash', ['getPrivateHash', 'pair', 'definition']],
    ['asked for that is not there', ['try', 'getPrivate', 'nowhere', 'definition']],
    ['written that is an organisation’s own', ['putPrivate', '_implicit_org_Org1MSP', 'definition', 'x']],
  ])('an endorsement reads the whole definition when a collection is %s', async (_, step) => {
    const submitted = await network.member('Org1MSP').send([step], { endorsers: ['Org1MSP'] });
    expect((await submitted.getStatus()).code).toBe(StatusCode.VALID);
    const [lifecycle] = await readWriteSets(submitted.getTransactionId());
    const reads = rwset.kvrwset.KVRWSet.deserializeBinary(
      lifecycle?.getRwset_asU8() ?? new Uint8Array(),
    ).getReadsList();
    expect(reads.map((read) => [read.getKey(), read.getVersion() !== undefined])).toEqual([
      ['namespaces/fields/steps/Collections', true],
      ['namespaces/fields/steps/EndorsementInfo', true],
      ['namespaces/fields/steps/Sequence', true],
      ['namespaces/fields/steps/ValidationInfo', true],
      ['namespaces/metadata/steps', true],
    ]);
  });
});
