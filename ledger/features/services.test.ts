import { createHash } from 'node:crypto';
import { type ServiceError, status as Status } from '@grpc/grpc-js';
import { common, gateway, orderer, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import timestamps from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import type { Member } from './consortium/member.js';

describe('what a peer’s services answer to requests that are not right', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    consortium = await Consortium.start();
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  describe('gateway', () => {
    const evaluate = async (request: gateway.EvaluateRequest): Promise<ServiceError | null> =>
      call(org1, '/gateway.Gateway/Evaluate', request);

    test('an empty proposal', async () => {
      expect(await evaluate(new gateway.EvaluateRequest())).toMatchObject({
        code: Status.INVALID_ARGUMENT,
        message: expect.stringContaining('failed to unpack transaction proposal: a signed proposal is required'),
      });
    });

    test('a proposal without a channel', async () => {
      const request = new gateway.EvaluateRequest();
      const proposal = new peer.SignedProposal();
      proposal.setProposalBytes(proposalBytes());
      request.setProposedTransaction(proposal);
      expect(await evaluate(request)).toMatchObject({
        code: Status.INVALID_ARGUMENT,
        message: expect.stringContaining('failed to unpack transaction proposal: no channel id provided'),
      });
    });

    test('a channel that is not there', async () => {
      const elsewhere = org1.gateway.getNetwork('elsewhere').getContract('steps');
      const missing = 'failed to get config for channel [elsewhere]: could not get last config for channel elsewhere';
      expect(await failureOf(elsewhere.evaluateTransaction('run', '[]'))).toMatchObject({
        code: Status.UNAVAILABLE,
        message: expect.stringContaining(missing),
      });
      expect(await failureOf(elsewhere.newProposal('run', { arguments: ['[]'] }).endorse())).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringContaining(
          `${NO_COMBINATION}: No metadata was found for chaincode steps in channel elsewhere`,
        ),
      });
    });

    test('a chaincode that is not there', async () => {
      const contract = org1.contract('nowhere');
      expect(await failureOf(contract.evaluateTransaction('run'))).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringContaining('no peers available to evaluate chaincode nowhere in channel mychannel'),
      });
      expect(await failureOf(contract.newProposal('run').endorse())).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringContaining(
          `${NO_COMBINATION}: No metadata was found for chaincode nowhere in channel mychannel`,
        ),
      });
    });

    test('a refusal by another organisation’s peer is like a peer that is away', async () => {
      const proposal = org1.contract().newProposal('run', { arguments: ['[]'], endorsingOrganizations: ['Org2MSP'] });
      const forged = org1.gateway.newSignedProposal(proposal.getBytes(), Buffer.from('no signature'));
      const failure = await failureOf(forged.evaluate());
      expect(failure.code).toBe(Status.UNAVAILABLE);
      expect(failure.details).toEqual([
        expect.objectContaining({
          mspId: 'Org2MSP',
          message:
            'rpc error: code = Unknown desc = error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]',
        }),
      ]);
    });

    test('a request for a commit status that is empty', async () => {
      expect(await call(org1, '/gateway.Gateway/CommitStatus', new gateway.SignedCommitStatusRequest())).toMatchObject({
        code: Status.INVALID_ARGUMENT,
        message: expect.stringContaining('a commit status request is required'),
      });
    });
  });

  describe('system chaincodes', () => {
    const refusal = async (chaincode: string, fn: string, ...args: (string | Uint8Array)[]): Promise<string> => {
      const { code, message } = await failureOf(org1.network.getContract(chaincode).evaluate(fn, { arguments: args }));
      expect(code).toBe(Status.UNKNOWN);
      return message.replace(/^.*chaincode response /, '');
    };

    test('qscc', async () => {
      expect(await refusal('qscc', 'GetBlockByNumber')).toBe('500, Incorrect number of arguments, 1');
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel')).toBe(
        '500, missing 3rd argument for GetBlockByNumber',
      );
      expect(await refusal('qscc', 'GetChainInfo', 'other')).toBe('500, Invalid chain ID, other');
      expect(await refusal('qscc', 'Guess', 'mychannel', '1')).toBe(
        '500, access denied for [Guess][mychannel]: [Unmapped policy for qscc/Guess]',
      );
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel', '99')).toBe(
        '500, Failed to get block number 99, error no such block number [99] in index',
      );
      expect(await refusal('qscc', 'GetBlockByNumber', 'mychannel', 'x')).toBe(
        '500, Failed to parse block number with error strconv.ParseUint: parsing "x": invalid syntax',
      );
    });

    test('cscc', async () => {
      expect(await refusal('cscc', 'GetConfigBlock')).toBe('500, Incorrect number of arguments, 1');
      expect(await refusal('cscc', 'GetChannelConfig', '')).toBe('500, empty channel name provided');
      expect(await refusal('cscc', 'Guess', 'x')).toBe('500, Requested function Guess not found.');
    });

    test('_lifecycle', async () => {
      const args = new peer.lifecycle.QueryChaincodeDefinitionArgs();
      args.setName('nowhere');
      expect(await refusal('_lifecycle', 'QueryChaincodeDefinition', args.serializeBinary())).toBe(
        '404, namespace nowhere is not defined',
      );
      expect(await refusal('_lifecycle', 'QueryInstalledChaincodes', new Uint8Array())).toBe(
        "500, Failed to authorize invocation due to failed ACL check: Failed verifying that proposal's creator" +
          ' satisfies local MSP principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]',
      );
    });
  });

  test('Deliver ends its stream after a status that is not success', async () => {
    const seek = new orderer.SeekInfo();
    const beyond = new orderer.SeekPosition();
    const specified = new orderer.SeekSpecified();
    specified.setNumber(99);
    beyond.setSpecified(specified);
    seek.setStart(beyond);
    seek.setStop(beyond);
    expect(await deliver(org1, await signedSeek(org1, seek))).toEqual([common.Status.NOT_FOUND]);
    expect(await deliver(org1, await signedSeek(org1, new orderer.SeekInfo()))).toEqual([common.Status.BAD_REQUEST]);
  });
});

const NO_COMBINATION = 'no combination of peers can be derived which satisfy the endorsement policy';

interface Message {
  serializeBinary(): Uint8Array;
}

/** The error that a request as raw as this one is answered with. */
async function call(member: Member, path: string, request: Message): Promise<ServiceError | null> {
  return new Promise((resolve) => {
    member.client.makeUnaryRequest(
      path,
      (message: Message) => Buffer.from(message.serializeBinary()),
      (bytes) => bytes,
      request,
      resolve,
    );
  });
}

function proposalBytes(): Uint8Array {
  const proposal = new peer.Proposal();
  proposal.setHeader(new common.Header().serializeBinary());
  proposal.setPayload(new peer.ChaincodeProposalPayload().serializeBinary());
  const header = new common.Header();
  const channel = new common.ChannelHeader();
  channel.setType(common.HeaderType.ENDORSER_TRANSACTION);
  header.setChannelHeader(channel.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  return proposal.serializeBinary();
}

/** The statuses that a request for blocks is answered with, up to the end of the stream, which the peer makes. */
async function deliver(member: Member, envelope: common.Envelope): Promise<number[]> {
  const stream = member.client.makeBidiStreamRequest(
    '/protos.Deliver/Deliver',
    (message: common.Envelope) => Buffer.from(message.serializeBinary()),
    (bytes: Buffer) => peer.DeliverResponse.deserializeBinary(bytes),
  );
  stream.write(envelope);
  const statuses: number[] = [];
  for await (const response of stream as AsyncIterable<peer.DeliverResponse>) statuses.push(response.getStatus());
  return statuses;
}

async function signedSeek(member: Member, seek: orderer.SeekInfo): Promise<common.Envelope> {
  const channel = new common.ChannelHeader();
  channel.setType(common.HeaderType.DELIVER_SEEK_INFO);
  channel.setChannelId('mychannel');
  channel.setTimestamp(timestamps.Timestamp.fromDate(new Date()));
  const request = member.network.getContract('steps').newProposal('run').getBytes();
  const proposed = gateway.ProposedTransaction.deserializeBinary(request).getProposal();
  const proposal = peer.Proposal.deserializeBinary(proposed?.getProposalBytes_asU8() ?? new Uint8Array());
  const header = new common.Header();
  header.setChannelHeader(channel.serializeBinary());
  header.setSignatureHeader(common.Header.deserializeBinary(proposal.getHeader_asU8()).getSignatureHeader_asU8());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(seek.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  envelope.setSignature(await member.signer(createHash('sha256').update(payload.serializeBinary()).digest()));
  return envelope;
}
