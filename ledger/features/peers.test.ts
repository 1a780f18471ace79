import { createServer, type Server as HttpServer } from 'node:net';
import { Server, ServerCredentials, status as Status } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import type { Member } from './consortium/member.js';
import { eventually } from './consortium/waiting.js';

describe('peers and chaincode servers that fail', () => {
  let consortium: Consortium;
  let org1: Member;

  beforeAll(async () => {
    consortium = await Consortium.start({
      config: { executionTimeoutMs: 1500 },
      endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
    });
    org1 = consortium.member('Org1MSP');
  }, 30_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  describe('a peer that is down', () => {
    afterAll(async () => {
      consortium.bringUp('Org2MSP');
      await eventually(async () => {
        await org1.evaluate([['get', 'a']], { endorsers: ['Org2MSP'] });
      });
    });

    test('refuses its own clients, and is UNAVAILABLE when it is named', async () => {
      consortium.takeDown('Org2MSP');
      await eventually(async () => {
        const { code, message } = await failureOf(
          org1.endorse([['put', 'a', '1']], { endorsers: ['Org1MSP', 'Org2MSP'] }),
        );
        expect(code).toBe(Status.UNAVAILABLE);
        expect(message).toMatch(/failed to find any endorsing peers for org\(s\): Org2MSP/);
      });
      expect(
        (
          await failureOf(
            consortium
              .member('Org2MSP')
              .gateway.getNetwork('mychannel')
              .getContract('steps')
              .evaluate('run', { arguments: ['[]'] }),
          )
        ).code,
      ).toBe(Status.UNAVAILABLE);
    });

    test('is gone round by the gateway where others are enough', async () => {
      expect((await org1.submit([['put', 'round', '1']])).successful).toBe(true);
    });

    test('has everything when it is back', async () => {
      consortium.bringUp('Org2MSP');
      await eventually(async () => {
        expect(await consortium.member('Org2MSP').evaluate([['get', 'round']])).toEqual(['1']);
      });
    });
  });

  test('a chaincode that takes too long is given up, and can be called again', async () => {
    const { details } = await failureOf(org1.evaluate([['sleep', 2500]], { endorsers: ['Org1MSP'] }));
    expect(details[0]?.message).toMatch(/timeout expired while executing transaction/);
    expect(await org1.evaluate([['get', 'round']])).toEqual(['1']);
  });

  test('a chaincode that dies ends its transactions, and is dialled again when it is back', async () => {
    const { details } = await failureOf(org1.endorse([['die']], { endorsers: ['Org1MSP'] }));
    expect(details[0]?.message).toMatch(/chaincode stream terminated$/);
    const failure = await failureOf(org1.endorse([['get', 'a']], { endorsers: ['Org1MSP'] }));
    expect(failure.code).toBe(Status.ABORTED);
    expect(failure.details[0]?.message).toMatch(/could not launch chaincode steps:aa: connection to steps:aa failed/);
    await consortium.startChaincode();
    await eventually(async () => {
      expect(await org1.evaluate([['get', 'round']])).toEqual(['1']);
    });
  });
});

describe('a server that is no chaincode', () => {
  let consortium: Consortium;
  let server: Server;
  let deaf: HttpServer;
  let behaviour: (stream: Parameters<peer.IChaincodeServer['connect']>[0], message: peer.ChaincodeMessage) => void;

  beforeAll(async () => {
    consortium = await Consortium.create();
    const endpoints = consortium.config.chaincodes?.[0]?.endpoints ?? {};
    server = new Server();
    server.addService(peer.ChaincodeService, {
      connect: (stream: Parameters<peer.IChaincodeServer['connect']>[0]) => {
        stream.on('data', (message: peer.ChaincodeMessage) => {
          behaviour(stream, message);
        });
        stream.on('error', () => undefined);
        const register = new peer.ChaincodeMessage();
        register.setType(peer.ChaincodeMessage.Type.REGISTER);
        const id = new peer.ChaincodeID();
        id.setName('steps:aa');
        register.setPayload(id.serializeBinary());
        stream.write(register);
      },
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(endpoints['Org1MSP'] ?? '', ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
    deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      deaf.listen(Number(endpoints['Org2MSP']?.split(':')[1]), '127.0.0.1', resolve);
    });
    await consortium.startLedger();
  }, 30_000);

  afterAll(async () => {
    await consortium.stopLedger();
    server.forceShutdown();
    deaf.close();
    await consortium.stop();
  });

  const { Type } = peer.ChaincodeMessage;
  const reply = (
    to: peer.ChaincodeMessage,
    type: Parameters<peer.ChaincodeMessage['setType']>[0],
    payload: Uint8Array,
  ): peer.ChaincodeMessage => {
    const message = new peer.ChaincodeMessage();
    message.setType(type);
    message.setTxid(to.getTxid());
    message.setChannelId(to.getChannelId());
    message.setPayload(payload);
    return message;
  };

  const messageOfEvaluation = async (): Promise<string> =>
    (await failureOf(consortium.member('Org1MSP').evaluate([['get', 'a']], { endorsers: ['Org1MSP'] }))).details[0]
      ?.message ?? '';

  test('a message that no chaincode sends ends the stream', async () => {
    behaviour = (stream, message) => {
      if (message.getType() === Type.TRANSACTION) stream.write(reply(message, Type.REGISTERED, new Uint8Array()));
    };
    expect(await messageOfEvaluation()).toMatch(/chaincode stream terminated/);
  });

  test('a result that is no response is an error', async () => {
    behaviour = (stream, message) => {
      if (message.getType() === Type.TRANSACTION)
        stream.write(reply(message, Type.COMPLETED, Buffer.from('ff00ff', 'hex')));
    };
    expect(await messageOfEvaluation()).toMatch(/failed to unmarshal response for transaction/);
  });

  test('a request that cannot be read is answered with an error', async () => {
    behaviour = (stream, message) => {
      if (message.getType() === Type.TRANSACTION)
        stream.write(reply(message, Type.GET_STATE, Buffer.from('ff00ff', 'hex')));
      if (message.getType() === Type.ERROR) stream.write(reply(message, Type.ERROR, message.getPayload_asU8()));
    };
    expect(await messageOfEvaluation()).toMatch(
      /transaction returned with failure: GET_STATE failed: transaction ID: /,
    );
  });

  test('a request for a transaction that does not run has no context', async () => {
    behaviour = (stream, message) => {
      if (message.getType() === Type.TRANSACTION) {
        const foreign = reply(message, Type.GET_STATE, new Uint8Array());
        foreign.setTxid('0000');
        stream.write(foreign);
        setTimeout(() => stream.write(reply(message, Type.ERROR, Buffer.from('done'))), 50);
      }
      if (message.getType() === Type.ERROR)
        expect(Buffer.from(message.getPayload_asU8()).toString()).toMatch(/no ledger context/);
    };
    expect(await messageOfEvaluation()).toMatch(/transaction returned with failure: done/);
  });

  test('one that never speaks gRPC is given up', async () => {
    const { message } = await failureOf(
      consortium.member('Org1MSP').evaluate([['get', 'a']], { endorsers: ['Org2MSP'] }),
    );
    expect(message).toMatch(/failed to evaluate transaction/);
  });
});
