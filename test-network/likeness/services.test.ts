import { type ServiceError, status as Status } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../plain/failure.js';
import type { Member } from '../plain/member.js';
import { OrdererClient } from '../plain/orderer-client.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import {
  call,
  creatorOf,
  envelope,
  type Headers,
  type Message,
  type ProposalParts,
  signed,
  signedProposal,
} from '../plain/requests.js';
import { likenessNetwork } from './network.js';
import { inRelease } from './release.js';

const noCombination = 'no combination of peers can be derived which satisfy the endorsement policy';
const { ENDORSER_TRANSACTION, CONFIG, ORDERER_TRANSACTION, MESSAGE } = common.HeaderType;

describe('what a peer’s services answer to requests that are not right', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  /** Code and words of the refusal of a request as raw as this one. */
  const refused = async (path: string, request: Message): Promise<[number, string]> => {
    const result = await call(org1, path, request, gateway.EvaluateResponse);
    if (!('error' in result)) throw new Error(`${path} was answered`);
    return [result.error.code, result.error.details];
  };

  describe('bytes that are no message', () => {
    const garbage: Message = { serializeBinary: () => Buffer.from('ffffff', 'hex') };
    const told = (error: { code: number; details: string }): [number, string] => [
      error.code,
      error.details.replaceAll('\u00a0', ' '),
    ];

    test.each([
      '/gateway.Gateway/Evaluate',
      '/gateway.Gateway/Endorse',
      '/gateway.Gateway/Submit',
      '/gateway.Gateway/CommitStatus',
      '/protos.Endorser/ProcessProposal',
      '/discovery.Discovery/Discover',
    ])('as a request: %s', async (path) => {
      const [code, details] = await refused(path, garbage);
      expect(told({ code, details })).toEqual([
        Status.INTERNAL,
        'grpc: error unmarshalling request: proto: cannot parse invalid wire-format data',
      ]);
    });

    const onStream: [number, string] = [
      Status.INTERNAL,
      'grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data',
    ];

    test.each(['/protos.Deliver/Deliver', '/protos.Deliver/DeliverFiltered', '/protos.Deliver/DeliverWithPrivateData'])(
      'on a stream: %s',
      async (path) => {
        const stream = org1.client.makeBidiStreamRequest(
          path,
          () => Buffer.from(garbage.serializeBinary()),
          (bytes: Buffer) => bytes,
        );
        const error = new Promise<[number, string]>((resolve, reject) => {
          stream.once('error', (cause: ServiceError) => {
            resolve(told(cause));
          });
          stream.once('end', () => {
            reject(new Error('the stream ended'));
          });
        });
        stream.resume();
        stream.write(garbage);
        expect(await error).toEqual(onStream);
      },
    );

    test('to the orderer', async () => {
      const orderer = new OrdererClient(network.orderer);
      try {
        const error = await orderer.broadcast(garbage).catch((cause: unknown) => cause as ServiceError);
        expect(Array.isArray(error) ? error : told(error)).toEqual(onStream);
      } finally {
        orderer.close();
      }
    });
  });

  describe('gateway', () => {
    const evaluated = async (proposal?: peer.SignedProposal): Promise<[number, string]> => {
      const request = new gateway.EvaluateRequest();
      request.setProposedTransaction(proposal);
      return refused('/gateway.Gateway/Evaluate', request);
    };
    const proposalWith = async (change: (parts: ProposalParts) => void): Promise<peer.SignedProposal> =>
      signedProposal(org1, 'steps', ['run', '[]'], change);
    const prefix = 'failed to unpack transaction proposal: ';

    test('a proposal that lacks something', async () => {
      expect(await evaluated()).toEqual([Status.INVALID_ARGUMENT, `${prefix}a signed proposal is required`]);
      expect(
        await evaluated(
          await proposalWith(({ channel }) => {
            channel.setChannelId('');
          }),
        ),
      ).toEqual([Status.INVALID_ARGUMENT, `${prefix}no channel id provided`]);
      expect(
        await evaluated(
          await proposalWith(({ invocation }) => {
            invocation.setChaincodeSpec(undefined);
          }),
        ),
      ).toEqual([Status.INVALID_ARGUMENT, `${prefix}no chaincode spec is provided, channel id [mychannel]`]);
      expect(
        await evaluated(
          await proposalWith(({ invocation }) => {
            invocation.getChaincodeSpec()?.setChaincodeId(undefined);
          }),
        ),
      ).toEqual([Status.INVALID_ARGUMENT, `${prefix}no chaincode id is provided, channel id [mychannel]`]);
      expect(await refused('/gateway.Gateway/Endorse', new gateway.EndorseRequest())).toEqual([
        Status.INVALID_ARGUMENT,
        'the proposed transaction must contain a signed proposal',
      ]);
    });

    test('a transaction that lacks something', async () => {
      const request = new gateway.SubmitRequest();
      expect(await refused('/gateway.Gateway/Submit', request)).toEqual([
        Status.INVALID_ARGUMENT,
        'a prepared transaction is required',
      ]);
      request.setPreparedTransaction(new common.Envelope());
      expect(await refused('/gateway.Gateway/Submit', request)).toEqual([
        Status.INVALID_ARGUMENT,
        'prepared transaction must be signed',
      ]);
    });

    test('a request for a commit status that lacks something', async () => {
      const asked = async (change: (request: gateway.CommitStatusRequest) => void): Promise<[number, string]> => {
        const request = new gateway.CommitStatusRequest();
        request.setIdentity(creatorOf(org1));
        request.setChannelId('mychannel');
        request.setTransactionId('none');
        change(request);
        const signed = new gateway.SignedCommitStatusRequest();
        signed.setRequest(request.serializeBinary());
        return refused('/gateway.Gateway/CommitStatus', signed);
      };
      // Fabric 2.5 asks first whether the channel's readers have signed it.
      const noReader = [
        Status.PERMISSION_DENIED,
        "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]",
      ];
      expect(await refused('/gateway.Gateway/CommitStatus', new gateway.SignedCommitStatusRequest())).toEqual([
        Status.INVALID_ARGUMENT,
        'a commit status request is required',
      ]);
      expect(
        await asked((request) => {
          request.setIdentity('');
        }),
      ).toEqual(inRelease({ v3: [Status.INVALID_ARGUMENT, 'no identity provided'], v2: noReader }));
      expect(
        await asked((request) => {
          request.setChannelId('');
        }),
      ).toEqual(
        inRelease({
          v3: [Status.INVALID_ARGUMENT, 'no channel ID provided'],
          v2: [
            Status.PERMISSION_DENIED,
            'Invalid channel ID name during check policy on signed data. Name must be different from nil.',
          ],
        }),
      );
      expect(
        await asked((request) => {
          request.setTransactionId('');
        }),
      ).toEqual(inRelease({ v3: [Status.INVALID_ARGUMENT, 'transaction ID should not be empty'], v2: noReader }));
      expect(
        (
          await asked((request) => {
            request.setChannelId('elsewhere');
          })
        )[0],
      ).toBe(Status.PERMISSION_DENIED);
      expect((await asked(() => undefined))[0]).toBe(Status.PERMISSION_DENIED);
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
          `${noCombination}: No metadata was found for chaincode steps in channel elsewhere`,
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
          `${noCombination}: No metadata was found for chaincode nowhere in channel mychannel`,
        ),
      });
    });

    test('a refusal by another organisation’s peer is like a peer that is away', async () => {
      const proposal = org1.proposal([], { endorsers: ['Org2MSP'] });
      const forged = org1.gateway.newSignedProposal(proposal.getBytes(), Buffer.from('no signature'));
      const failure = await failureOf(forged.evaluate());
      expect(failure.code).toBe(Status.UNAVAILABLE);
      expect(failure.details.map(({ mspId, message }) => [mspId, message])).toEqual([
        [
          'Org2MSP',
          'rpc error: code = Unknown desc = error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]',
        ],
      ]);
      // Its gateway takes the peer for gone, and on Fabric it is connected to anew.
      await network.awaitReady(['Org1MSP']);
    });
  });

  describe('endorser', () => {
    const processed = async (proposal: peer.SignedProposal): Promise<[number, string]> => {
      const result = await call(org1, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse);
      if ('error' in result) return [result.error.code, result.error.details];
      return [result.answer.getResponse()?.getStatus() ?? 0, result.answer.getResponse()?.getMessage() ?? ''];
    };
    const changed = async (change: (parts: ProposalParts) => void): Promise<[number, string]> =>
      processed(await signedProposal(org1, 'steps', ['run', '[]'], change));
    const invalid = (why: string): [number, string] => [Status.UNKNOWN, `error validating proposal: ${why}`];

    test('takes one that is right', async () => {
      expect(await changed(() => undefined)).toEqual([200, '']);
    });

    test('a header that is not right', async () => {
      expect(
        await changed(({ channel }) => {
          channel.setType(MESSAGE);
        }),
      ).toEqual(invalid('invalid header type MESSAGE'));
      expect(
        await changed(({ channel }) => {
          channel.setEpoch(1);
        }),
      ).toEqual(invalid('epoch is non-zero'));
      const [code, why] = await changed(({ channel }) => {
        channel.setTxId('mine');
      });
      expect([code, why.replace(/[0-9a-f]{64}/, 'HASH')]).toEqual(
        invalid("incorrectly computed txid 'mine' -- expected 'HASH'"),
      );
      expect(
        await changed(({ signature }) => {
          signature.setNonce('');
        }),
      ).toEqual(invalid('nonce is empty'));
      expect(
        await changed(({ signature }) => {
          signature.setCreator('');
        }),
      ).toEqual(invalid('creator is empty'));
      expect(
        await changed(({ channel }) => {
          channel.setChannelId('elsewhere');
        }),
      ).toEqual([500, "channel 'elsewhere' not found"]);
    });

    test("a timestamp that is more than 15 minutes from the peer's clock", async () => {
      const minutesOff = async (minutes: number): Promise<[number, string]> => {
        const [code, why] = await changed(({ channel }) => {
          const claimed = channel.getTimestamp();
          claimed?.setSeconds(claimed.getSeconds() + minutes * 60);
        });
        return [code, why.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')];
      };
      const refused = [
        Status.UNKNOWN,
        'request unauthorized due to incorrect timestamp TIME, peer time TIME, peer.authentication.timewindow 15m0s',
      ];
      // Fabric 2.5 has no filter for it.
      for (const minutes of [-16, 16])
        expect([minutes, await minutesOff(minutes)]).toEqual([minutes, inRelease({ v3: refused, v2: [200, ''] })]);
      for (const minutes of [-14, 14]) expect([minutes, await minutesOff(minutes)]).toEqual([minutes, [200, '']]);
    });

    test('text that is no UTF-8', async () => {
      // Field 4 of the header is the channel.
      const proposal = await signedProposal(org1, 'steps', ['run', '[]']);
      const opened = peer.Proposal.deserializeBinary(proposal.getProposalBytes_asU8());
      const header = common.Header.deserializeBinary(opened.getHeader_asU8());
      header.setChannelHeader(Buffer.concat([header.getChannelHeader_asU8(), Buffer.from('220361ff62', 'hex')]));
      opened.setHeader(header.serializeBinary());
      proposal.setProposalBytes(opened.serializeBinary());
      const why = 'error unmarshalling ChannelHeader: string field contains invalid UTF-8';
      // Fabric 3 reads the header's time first.
      expect(await processed(proposal)).toEqual([
        Status.UNKNOWN,
        inRelease({ v3: `failed parsing channel header: ${why}`, v2: why }),
      ]);
    });

    test('a signature that is not there', async () => {
      const unsigned = await signedProposal(org1, 'steps', ['run', '[]']);
      unsigned.setSignature('');
      expect(await processed(unsigned)).toEqual(invalid('empty signature bytes'));
    });

    test('a chaincode that is not named', async () => {
      const extension = new peer.ChaincodeHeaderExtension();
      extension.setChaincodeId(new peer.ChaincodeID());
      expect(
        await changed(({ channel }) => {
          channel.setExtension$(extension.serializeBinary());
        }),
      ).toEqual([Status.UNKNOWN, 'ChaincodeHeaderExtension.ChaincodeId.Name is empty']);
    });

    test('a call without a chaincode, or without input', async () => {
      expect(
        await changed(({ invocation }) => {
          invocation.setChaincodeSpec(undefined);
        }),
      ).toEqual([Status.UNKNOWN, 'chaincode invocation spec did not contain chaincode spec']);
      expect(
        await changed(({ invocation }) => {
          invocation.getChaincodeSpec()?.setInput(undefined);
        }),
      ).toEqual([Status.UNKNOWN, 'chaincode input did not contain any input']);
    });

    test('a chaincode that is not defined', async () => {
      expect(await processed(await signedProposal(org1, 'nowhere', ['run']))).toEqual([
        500,
        'make sure the chaincode nowhere has been successfully defined on channel mychannel and try again: chaincode nowhere not found',
      ]);
    });
  });

  describe('orderer, as a gateway tells of it', () => {
    const submitted = async (sent: common.Envelope): Promise<[number, string]> => {
      const request = new gateway.SubmitRequest();
      request.setChannelId('mychannel');
      request.setPreparedTransaction(sent);
      return refused('/gateway.Gateway/Submit', request);
    };
    const sent = async (
      type: common.HeaderTypeMap[keyof common.HeaderTypeMap],
      change?: (headers: Headers) => void,
    ): Promise<[number, string]> => submitted(await envelope(org1, type, new Uint8Array(), change));
    const bad = (info: string, status = 'BAD_REQUEST'): [number, string] => [
      Status.ABORTED,
      `received unsuccessful response from orderer: status=${status}, info=${info}`,
    ];

    test('a type that it does not order', async () => {
      expect(await sent(CONFIG)).toEqual(bad('message is of type that cannot be processed directly'));
      expect(await sent(ORDERER_TRANSACTION)).toEqual(
        bad(
          inRelease({
            v3: 'message is of type that is no longer supported',
            v2: 'message is of type that cannot be processed directly',
          }),
        ),
      );
    });

    test('another channel than the gateway was asked for', async () => {
      expect(
        await sent(ENDORSER_TRANSACTION, ({ channel }) => {
          channel.setChannelId('elsewhere');
        }),
      ).toEqual(
        bad(
          inRelease({
            v3: 'channel does not exist',
            v2: 'channel creation request not allowed because the orderer system channel is not defined',
          }),
        ),
      );
    });

    test('a creator that nobody knows', async () => {
      expect(
        await sent(ENDORSER_TRANSACTION, ({ signature }) => {
          signature.setCreator('nobody');
        }),
      ).toEqual(
        bad(
          "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
          'FORBIDDEN',
        ),
      );
    });

    test('an envelope without headers', async () => {
      const empty = new common.Envelope();
      empty.setSignature(Buffer.from('no signature'));
      expect(await submitted(empty)).toEqual(bad('could not determine channel ID: header not set'));
    });

    test('headers that cannot be read', async () => {
      const changed = async (change: (header: common.Header) => void): Promise<string> => {
        const made = await envelope(org1, ENDORSER_TRANSACTION, new Uint8Array());
        const payload = common.Payload.deserializeBinary(made.getPayload_asU8());
        const header = payload.getHeader() ?? new common.Header();
        change(header);
        payload.setHeader(header);
        made.setPayload(payload.serializeBinary());
        const [code, details] = await submitted(await signed(org1, made));
        expect(code).toBe(Status.ABORTED);
        return details.replaceAll('\u00a0', ' ').replace(/^.*status=BAD_REQUEST, info=/, '');
      };
      const garbage = Buffer.from('ffffff', 'hex');
      expect(
        await changed((header) => {
          header.setChannelHeader(garbage);
        }),
      ).toBe(
        'could not determine channel ID: error unmarshalling channel header: error unmarshalling ChannelHeader: proto: cannot parse invalid wire-format data',
      );
      expect(
        await changed((header) => {
          header.setSignatureHeader(garbage);
        }),
      ).toBe(
        'could not convert message to signedData: GetSignatureHeaderFromBytes failed, err proto: cannot parse invalid wire-format data',
      );
    });
  });
});
