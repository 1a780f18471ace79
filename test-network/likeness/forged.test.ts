import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, gateway, ledger, msp } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EnvelopeFault, faultyEnvelope } from '../fuzz/envelope-faults.js';
import { failureOf } from '../plain/failure.js';
import type { Member, Step } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { creatorOf } from '../plain/requests.js';
import { likenessNetwork } from './network.js';

/** Some of them only colluding endorsers can make: they sign what nothing simulated. */
describe('transactions that no gateway client makes', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  const submit = async (steps: readonly Step[], fault: EnvelopeFault) => {
    const endorsed = await org1.endorse(steps, { endorsers: ['Org1MSP', 'Org2MSP'] });
    await org1.submitUnread(await faultyEnvelope(endorsed.getBytes(), fault, network.signAs));
    return statusOf(endorsed.getTransactionId());
  };

  const statusOf = async (transactionId: string) => {
    const request = new gateway.CommitStatusRequest();
    request.setTransactionId(transactionId);
    request.setChannelId(network.channel);
    request.setIdentity(creatorOf(org1));
    const signed = new gateway.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    return org1.gateway.newCommit(signed.serializeBinary()).getStatus();
  };

  test.each<[EnvelopeFault, number]>([
    ['two actions', StatusCode.INVALID_ENDORSER_TRANSACTION],
    ['no input', StatusCode.INVALID_ENDORSER_TRANSACTION],
    ['garbage header extension', StatusCode.BAD_HEADER_EXTENSION],
    ['no extension', StatusCode.BAD_RESPONSE_PAYLOAD],
    ['garbage in a namespace', StatusCode.BAD_RWSET],
    ['no chaincode id', StatusCode.INVALID_OTHER_REASON],
    ['no version', StatusCode.INVALID_CHAINCODE],
    ['another version', StatusCode.VALID],
    ['header of another chaincode', StatusCode.INVALID_CHAINCODE],
    ["another chaincode's event", StatusCode.INVALID_OTHER_REASON],
    ['no response', StatusCode.VALID],
    ['namespace twice', StatusCode.ILLEGAL_WRITESET],
    ['write in an unknown namespace', StatusCode.INVALID_CHAINCODE],
    ['write in the legacy lifecycle', StatusCode.INVALID_CHAINCODE],
    ['reads doubled', StatusCode.VALID],
    ['read of a future version', StatusCode.MVCC_READ_CONFLICT],
    ['no endorsements', StatusCode.ENDORSEMENT_POLICY_FAILURE],
    ['endorsers exchanged', StatusCode.ENDORSEMENT_POLICY_FAILURE],
    ['endorser unknown', StatusCode.VALID],
    ['endorsed by the creator too', StatusCode.VALID],
  ])('%s: %i', async (fault, code) => {
    const steps: Step[] = [
      ['get', `forged ${fault}`],
      ['put', `forged ${fault}`, 'x'],
    ];
    expect((await submit(steps, fault)).code).toBe(code);
  });

  test('a key that is written twice has the effect of metadata, which is none on a new key', async () => {
    expect((await submit([['put', 'twice', '1']], 'writes doubled')).code).toBe(StatusCode.VALID);
    expect(await org1.evaluate([['get', 'twice']])).toEqual(['']);
    await org1.submit([['put', 'twice', '1']]);
    expect((await submit([['put', 'twice', '2']], 'writes doubled')).code).toBe(StatusCode.VALID);
    expect(await org1.evaluate([['get', 'twice']])).toEqual(['1']);
  });

  test('an event without a transaction id is nobody’s', async () => {
    const { code, blockNumber } = await submit([['put', 'eventful', '1']], 'event without a transaction id');
    expect(code).toBe(StatusCode.VALID);
    await org1.submit([['event', 'after', 'x']]);
    const events = await org1.network.getChaincodeEvents('steps', { startBlock: blockNumber });
    for await (const { eventName } of events) {
      expect(eventName).toBe('after');
      break;
    }
    events.close();
  });

  test.each<EnvelopeFault>(['no input', 'garbage header extension'])(
    'private data of an invalid transaction is kept and delivered: %s',
    async (fault) => {
      const { code, blockNumber } = await submit([['putPrivate', 'loose', `kept ${fault}`, 'v']], fault);
      expect(code).not.toBe(StatusCode.VALID);
      const blocks = await org1.network.getBlockAndPrivateDataEvents({ startBlock: blockNumber });
      const keys: string[] = [];
      for await (const block of blocks) {
        for (const [, set] of block.getPrivateDataMapMap().entries()) {
          for (const collection of set
            .getNsPvtRwsetList()
            .flatMap((namespace) => namespace.getCollectionPvtRwsetList())) {
            const { KVRWSet } = ledger.rwset.kvrwset;
            const writes = KVRWSet.deserializeBinary(collection.getRwset_asU8()).getWritesList();
            keys.push(...writes.map((write) => write.getKey()));
          }
        }
        break;
      }
      blocks.close();
      expect(keys).toEqual([`kept ${fault}`]);
      expect(await org1.evaluate([['getPrivate', 'loose', `kept ${fault}`]])).toEqual(['']);
    },
  );

  test('an organisational unit in a key policy is that of a certain issuer', async () => {
    const { slug } = network.access('Org1MSP');
    const root = readFileSync(`${network.layout.organization(slug).ca}/ca.crt`);
    const issuer = createHash('sha256').update(new X509Certificate(root).raw).digest();
    for (const [certifier, code] of [
      [new Uint8Array(), StatusCode.ENDORSEMENT_POLICY_FAILURE],
      [issuer, StatusCode.VALID],
    ] as const) {
      const key = `unit of ${certifier.length}`;
      const lock: Step[] = [
        ['put', key, '1'],
        ['setPolicyBytes', key, unitPolicy(certifier)],
      ];
      expect((await org1.submit(lock, { endorsers: ['Org1MSP'] })).code).toBe(StatusCode.VALID);
      expect((await org1.submit([['put', key, '2']], { endorsers: ['Org1MSP'] })).code).toBe(code);
    }
  });

  test('an unknown creator is refused by the orderer as one that has no rights', async () => {
    const endorsed = await org1.endorse([['put', 'creator', 'x']]);
    const bytes = await faultyEnvelope(endorsed.getBytes(), 'unknown creator', network.signAs);
    await expect(org1.submitUnread(bytes)).rejects.toMatchObject({
      code: Status.ABORTED,
      details:
        "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
    });
  });

  describe('calls of a chaincode', () => {
    test('to another channel meet its policies first', async () => {
      expect((await failureOf(org1.evaluate([['invoke', 'two', [], 'elsewhere']]))).message).toMatch(
        /INVOKE_CHAINCODE failed: transaction ID: [0-9a-f]{64}: Failed to get policy manager for channel \[elsewhere\]$/,
      );
    });

    test('to qscc and cscc are refused by these', async () => {
      expect(
        await org1.evaluate([
          ['invokeWith', 'qscc', ['GetChainInfo']],
          ['invokeWith', 'qscc', ['GetChainInfo', 'mychannel']],
          ['invokeWith', 'cscc', ['GetChannels']],
        ]),
      ).toEqual(
        [
          'Incorrect number of arguments, 1',
          "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for 'steps'",
          "Rejecting invoke of CSCC from another chaincode, original invocation for 'steps'",
        ].map((message) => ({ status: 500, message })),
      );
    });
  });

  test('_lifecycle reads its argument also where it has no fields', async () => {
    const contract = org1.contract('_lifecycle');
    expect((await failureOf(contract.evaluateTransaction('QueryChaincodeDefinitions', 'garbage'))).message).toMatch(
      /could not decode input arg for \*lifecycle\.Invocation\.QueryChaincodeDefinitions: proto:.cannot parse invalid wire-format data$/,
    );
  });
});

function unitPolicy(certifier: Uint8Array): string {
  const unit = new msp.OrganizationUnit();
  unit.setMspIdentifier('Org1MSP');
  unit.setOrganizationalUnitIdentifier('peer');
  unit.setCertifiersIdentifier(certifier);
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.ORGANIZATION_UNIT);
  principal.setPrincipal(unit.serializeBinary());
  const rule = new common.SignaturePolicy();
  rule.setSignedBy(0);
  const policy = new common.SignaturePolicyEnvelope();
  policy.setRule(rule);
  policy.setIdentitiesList([principal]);
  return Buffer.from(policy.serializeBinary()).toString('hex');
}
