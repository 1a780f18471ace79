import { type ServiceError, status as Status } from '@grpc/grpc-js';
import { StatusCode } from '@hyperledger/fabric-gateway';
import { common, gateway, ledger, peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../plain/failure.js';
import { Member, type Step } from '../plain/member.js';
import type { PlainNetwork } from '../plain/plain-network.js';
import { openPrepared } from '../plain/read-write-set.js';
import { call, creatorOf, type Message, signatureOf, signed } from '../plain/requests.js';
import { eventually } from '../plain/waiting.js';
import { likenessNetwork } from './network.js';
import { inRelease } from './release.js';

/** What is not as it should be: sent by a chaincode to its peer, by a client to a peer, or to be ordered. */
describe('requests that are not right', () => {
  let network: PlainNetwork;
  let org1: Member;

  beforeAll(() => {
    network = likenessNetwork();
    org1 = network.member('Org1MSP');
  });

  afterAll(() => {
    network.disconnect();
  });

  const hex = (message: Message): string => Buffer.from(message.serializeBinary()).toString('hex');

  describe('of a chaincode', () => {
    /** The answers' bytes, or the words of the error. */
    const answers = async (...steps: Step[]): Promise<unknown[]> => {
      const results = await org1.evaluate(steps.map((step) => ['try', ...step] as const));
      return results.map((result) => (typeof result === 'string' ? result : wordsOf(result)));
    };
    const wordsOf = (result: unknown): string =>
      (result as { error: string }).error
        .replace(/ failed: transaction ID: [0-9a-f]{64}: /, ': ')
        .replaceAll('\u00a0', ' ');

    test('that cannot be read', async () => {
      // Fabric 2.5 does not know batches, and a type that it does not know ends the chaincode's stream.
      const batches = inRelease({ v3: ['WRITE_BATCH_STATE', 'GET_STATE_MULTIPLE'], v2: [] });
      const types = ['GET_STATE', 'PUT_STATE', 'GET_STATE_BY_RANGE', 'INVOKE_CHAINCODE', ...batches];
      // Bytes that end too early; and a field of the number 0, which no field has.
      for (const bytes of ['ffffff', '0000'])
        expect(await answers(...types.map((type) => ['ask', type, bytes] as const))).toEqual(
          types.map((type) => `${type}: unmarshal failed: proto: cannot parse invalid wire-format data`),
        );
    });

    test('whose text is no UTF-8', async () => {
      // Field 1, of three bytes: a, one that is not UTF-8, b.
      const types = ['GET_STATE', 'PUT_STATE', 'DEL_STATE', 'GET_STATE_BY_RANGE', 'GET_HISTORY_FOR_KEY'];
      expect(await answers(...types.map((type) => ['ask', type, '0a0361ff62'] as const))).toEqual(
        types.map((type) => `${type}: unmarshal failed: string field contains invalid UTF-8`),
      );
    });

    test('that lack what Fabric takes for granted', async () => {
      const named = new peer.ChaincodeSpec();
      const id = new peer.ChaincodeID();
      id.setName('two');
      named.setChaincodeId(id);
      expect(
        await answers(
          ['ask', 'PUT_STATE_METADATA', ''],
          ['ask', 'INVOKE_CHAINCODE', ''],
          ['ask', 'INVOKE_CHAINCODE', hex(named)],
        ),
      ).toEqual([
        'PUT_STATE_METADATA: panic during execution',
        'INVOKE_CHAINCODE: panic during execution',
        'INVOKE_CHAINCODE: panic during execution',
      ]);
    });

    test('for collections that are not there', async () => {
      const request = new peer.GetState();
      request.setKey('k');
      expect(
        await answers(
          ['getPrivate', 'nowhere', 'k'],
          ['getPrivate', '_implicit_org_NobodyMSP', 'k'],
          ['ask', 'GET_PRIVATE_DATA_HASH', hex(request)],
        ),
      ).toEqual([
        'GET_STATE: collection mychannel/steps/nowhere could not be found',
        'GET_STATE: collection [_implicit_org_NobodyMSP] not defined in the collection config for chaincode [steps]',
        '',
      ]);
    });

    test('a page of private data is its beginning, whatever the bookmark', async () => {
      await org1.submit(
        ['a', 'b', 'c'].map((name) => ['putPrivate', 'loose', `page/${name}`, name] as const),
        { endorsers: ['Org1MSP'] },
      );
      const request = new peer.GetStateByRange();
      request.setStartkey('page/');
      request.setEndkey('page0');
      request.setCollection('loose');
      const page = new peer.QueryMetadata();
      page.setPagesize(2);
      page.setBookmark('page/c');
      request.setMetadata(page.serializeBinary());
      const [answer] = await answers(['ask', 'GET_STATE_BY_RANGE', hex(request)]);
      const response = peer.QueryResponse.deserializeBinary(Buffer.from(String(answer), 'hex'));
      const keys = response
        .getResultsList()
        .map((result) => ledger.queryresult.KV.deserializeBinary(result.getResultbytes_asU8()).getKey());
      expect([keys, response.getHasMore(), response.getMetadata_asU8().length]).toEqual([
        ['page/a', 'page/b'],
        false,
        0,
      ]);
    });

    test('on another channel', async () => {
      expect(await answers(['invoke', 'two', [], 'elsewhere'], ['invoke', 'nothing', [], 'a/b'])).toEqual([
        'INVOKE_CHAINCODE: Failed to get policy manager for channel [elsewhere]',
        'INVOKE_CHAINCODE: Failed to get policy manager for channel [a/b]',
      ]);
    });

    test('for the chaincodes of its peer', async () => {
      const argument = hex(new peer.lifecycle.QueryChaincodeDefinitionsArgs());
      expect(
        await org1.evaluate([
          ['called', 'qscc', ['GetChainInfo', 'mychannel']],
          ['called', 'cscc', ['GetChannels']],
          ['called', '_lifecycle', ['QueryChaincodeDefinitions', argument]],
        ]),
      ).toEqual([
        {
          status: 500,
          message:
            "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for 'steps'",
          bytes: 0,
        },
        {
          status: 500,
          message: "Rejecting invoke of CSCC from another chaincode, original invocation for 'steps'",
          bytes: 0,
        },
        { status: 200, message: '', bytes: expect.any(Number) },
      ]);
    });

    test('an answer that cannot be read', async () => {
      const { code, details } = await failureOf(
        org1.endorse([
          ['complete', 'ffffff'],
          ['sleep', 100],
        ]),
      );
      expect(code).toBe(Status.ABORTED);
      expect(details.map(({ message }) => message.replaceAll('\u00a0', ' '))).toEqual([
        expect.stringMatching(
          /^error in simulation: failed to unmarshal response for transaction [0-9a-f]{64}: proto: cannot parse invalid wire-format data$/,
        ),
      ]);
    });

    test('an event with an answer that is an error is dropped', async () => {
      const call = async (status: number): Promise<Uint8Array> => {
        const proposed = org1.proposal([
          ['event', 'made', 'x'],
          ['answer', status, 'no'],
        ]);
        const request = gateway.ProposedTransaction.deserializeBinary(proposed.getBytes()).getProposal();
        const bytes = request?.getProposalBytes_asU8() ?? new Uint8Array();
        const proposal = new peer.SignedProposal();
        proposal.setProposalBytes(bytes);
        proposal.setSignature(await signatureOf(org1, bytes));
        const answer = await process(org1, proposal);
        const payload = peer.ProposalResponsePayload.deserializeBinary(answer.getPayload_asU8());
        return peer.ChaincodeAction.deserializeBinary(payload.getExtension_asU8()).getEvents_asU8();
      };
      expect(await call(500)).toHaveLength(0);
      expect((await call(200)).length).toBeGreaterThan(0);
    });

    test('a chaincode that nobody serves is told at once', async () => {
      await network.stopChaincode('Org3MSP');
      try {
        // The peer needs a moment to see that the stream has ended.
        await eventually(async () => {
          const began = Date.now();
          const { code, details } = await failureOf(org1.endorse([['get', 'a']], { endorsers: ['Org3MSP'] }));
          expect(code).toBe(Status.ABORTED);
          expect(details.map(({ message }) => message)).toEqual([
            expect.stringMatching(
              /could not launch chaincode \S+: connection to \S+ failed: error cannot create connection for \S+: error creating grpc connection to \S+: failed to create new connection: connection error: desc = "transport: error while dialing: dial tcp \S+: connect: connection refused"$/,
            ),
          ]);
          expect(Date.now() - began).toBeLessThan(2500);
        });
      } finally {
        await network.startChaincode('Org3MSP');
      }
      expect(await org1.evaluate([['organisation']], { endorsers: ['Org3MSP'] })).toEqual(['Org3MSP']);
    });
  });

  describe('of a client', () => {
    test('a certificate of another organisation than it says is malformed', async () => {
      const access = { ...network.access('Org1MSP'), mspId: 'Org2MSP', settled: () => network.settled() };
      const liar = Member.open(access, network.layout, 'User1');
      try {
        expect(await failureOf(liar.evaluate([['get', 'a']]))).toMatchObject({
          code: Status.FAILED_PRECONDITION,
          details: [
            {
              message:
                'error validating proposal: access denied: channel [mychannel] creator org unknown, creator is malformed',
            },
          ],
        });
      } finally {
        liar.close();
      }
    });

    test('a request for a status or for events that cannot be read', async () => {
      const status = new gateway.SignedCommitStatusRequest();
      status.setRequest(Buffer.from('ffffff', 'hex'));
      const error = await refusal(org1, '/gateway.Gateway/CommitStatus', status);
      expect([error?.code, error?.details.replaceAll('\u00a0', ' ')]).toEqual([
        Status.INVALID_ARGUMENT,
        'invalid status request: proto: cannot parse invalid wire-format data',
      ]);
    });

    test('a key whose policy has no bytes: no endorsers can be chosen, but named ones are enough', async () => {
      await org1.submit([
        ['put', 'unbound', '1'],
        ['setPolicyBytes', 'unbound', ''],
      ]);
      expect(await failureOf(org1.endorse([['put', 'unbound', '2']]))).toMatchObject({
        code: Status.FAILED_PRECONDITION,
        message: expect.stringContaining(
          'no combination of peers can be derived which satisfy the endorsement policy: state based endorsement policy cannot be satisfied',
        ),
      });
      expect((await org1.submit([['put', 'unbound', '2']], { endorsers: ['Org1MSP'] })).code).toBe(StatusCode.VALID);
    });
  });

  describe('of an envelope', () => {
    /** Submits a transaction whose headers were changed after endorsement. */
    const submitted = async (
      change: (header: common.Header) => void,
      {
        data,
        alter = (prepared) => prepared,
      }: { data?: Uint8Array; alter?: (prepared: Uint8Array) => Uint8Array } = {},
    ): Promise<{ id: string; error: ServiceError | null }> => {
      const transaction = await org1.endorse([['put', 'changed', 'x']]);
      const prepared = gateway.PreparedTransaction.deserializeBinary(alter(transaction.getBytes()));
      const envelope = prepared.getEnvelope() ?? new common.Envelope();
      const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
      const header = payload.getHeader() ?? new common.Header();
      change(header);
      payload.setHeader(header);
      if (data !== undefined) payload.setData(data);
      envelope.setPayload(payload.serializeBinary());
      const request = new gateway.SubmitRequest();
      request.setChannelId(network.channel);
      request.setTransactionId(transaction.getTransactionId());
      request.setPreparedTransaction(await signed(org1, envelope));
      return { id: transaction.getTransactionId(), error: await refusal(org1, '/gateway.Gateway/Submit', request) };
    };
    const channelHeader = (change: (header: common.ChannelHeader) => void) => (headers: common.Header) => {
      const header = common.ChannelHeader.deserializeBinary(headers.getChannelHeader_asU8());
      change(header);
      headers.setChannelHeader(header.serializeBinary());
    };
    const signatureHeader = (change: (header: common.SignatureHeader) => void) => (headers: common.Header) => {
      const header = common.SignatureHeader.deserializeBinary(headers.getSignatureHeader_asU8());
      change(header);
      headers.setSignatureHeader(header.serializeBinary());
    };

    test.each([
      [
        'a type that is none',
        channelHeader((header) => {
          header.setType(99);
        }),
      ],
      [
        'an epoch',
        channelHeader((header) => {
          header.setEpoch(3);
        }),
      ],
      [
        'no nonce',
        signatureHeader((header) => {
          header.setNonce(new Uint8Array());
        }),
      ],
    ])('%s: it is ordered, and its id has the code BAD_COMMON_HEADER', async (_, change) => {
      const { id, error } = await submitted(change);
      expect(error).toBeNull();
      expect((await statusOf(id)).getResult()).toBe(StatusCode.BAD_COMMON_HEADER);
    });

    test('an endorsed answer without an action is BAD_RESPONSE_PAYLOAD', async () => {
      const withoutAction = (prepared: Uint8Array): Uint8Array =>
        openPrepared(prepared, (endorsed) => {
          const answer = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
          answer.setExtension$(new Uint8Array());
          endorsed.setProposalResponsePayload(answer.serializeBinary());
        }).bytes();
      const { id, error } = await submitted(() => undefined, { alter: withoutAction });
      expect(error).toBeNull();
      expect((await statusOf(id)).getResult()).toBe(StatusCode.BAD_RESPONSE_PAYLOAD);
    });

    test('a creator that cannot be read is no writer of the channel', async () => {
      for (const creator of [new Uint8Array(), Buffer.from('ffff', 'hex')]) {
        const { error } = await submitted(
          signatureHeader((header) => {
            header.setCreator(creator);
          }),
        );
        expect([error?.code, error?.details]).toEqual([
          Status.ABORTED,
          "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
        ]);
      }
    });

    test('more bytes than the channel takes are refused', async () => {
      const { error } = await submitted(() => undefined, { data: Buffer.alloc(10_500_000) });
      expect([error?.code, error?.details]).toEqual([
        Status.ABORTED,
        expect.stringMatching(
          /^received unsuccessful response from orderer: status=BAD_REQUEST, info=message payload is \d{8} bytes and exceeds maximum allowed 10485760 bytes$/,
        ),
      ]);
    });

    const statusOf = async (id: string): Promise<gateway.CommitStatusResponse> => {
      const request = new gateway.CommitStatusRequest();
      request.setChannelId(network.channel);
      request.setTransactionId(id);
      request.setIdentity(creatorOf(org1));
      const bytes = request.serializeBinary();
      const asked = new gateway.SignedCommitStatusRequest();
      asked.setRequest(bytes);
      asked.setSignature(await signatureOf(org1, bytes));
      const result = await call(org1, '/gateway.Gateway/CommitStatus', asked, gateway.CommitStatusResponse);
      return 'answer' in result ? result.answer : new gateway.CommitStatusResponse();
    };
  });

  const process = async (member: Member, proposal: peer.SignedProposal): Promise<peer.ProposalResponse> => {
    const result = await call(member, '/protos.Endorser/ProcessProposal', proposal, peer.ProposalResponse);
    if ('error' in result) throw new Error(`refused: ${result.error.details}`);
    return result.answer;
  };

  const refusal = async (member: Member, path: string, request: Message): Promise<ServiceError | null> => {
    const result = await call(member, path, request, gateway.SubmitResponse);
    return 'error' in result ? result.error : null;
  };
});
