import { setTimeout } from 'node:timers/promises';
import { createServer, type Server as HttpServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Consortium } from './consortium/consortium.js';
import { failureOf } from './consortium/failure.js';
import { eventually } from './consortium/waiting.js';

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
        void setTimeout(50).then(() => stream.write(reply(message, Type.ERROR, Buffer.from('done'))));
      }
      if (message.getType() === Type.ERROR)
        expect(Buffer.from(message.getPayload_asU8()).toString()).toMatch(/no ledger context/);
    };
    expect(await messageOfEvaluation()).toMatch(/transaction returned with failure: done/);
  });

  test('one that asks and does not read the answers is not read any further', async () => {
    const most = 100_000;
    let asked = 0;
    let answered = 0;
    let stalled = false;
    behaviour = (stream, message) => {
      if (message.getType() === Type.ERROR) answered++;
      if (message.getType() !== Type.TRANSACTION) return;
      const question = reply(message, Type.GET_STATE, new Uint8Array());
      question.setTxid('0000');
      const ask = async (): Promise<void> => {
        stream.pause();
        while (!stalled && asked < most) {
          asked++;
          if (stream.write(question)) continue;
          const drained = new AbortController();
          stream.once('drain', () => {
            drained.abort();
          });
          stalled = await setTimeout(1500, true, { signal: drained.signal }).catch(() => false);
        }
        stream.resume();
        await eventually(() => {
          expect(answered).toBe(asked);
        }, 20_000);
        stream.write(reply(message, Type.ERROR, Buffer.from('done')));
      };
      void ask();
    };
    const { details } = await failureOf(
      consortium.member('Org1MSP').evaluate([['get', 'a']], { endorsers: ['Org1MSP'] }),
    );
    expect(details[0]?.message).toMatch(/transaction returned with failure: done/);
    expect(asked).toBeLessThan(most);
    expect(answered).toBe(asked);
  }, 40_000);

  test('one that never speaks gRPC is given up', async () => {
    const { message } = await failureOf(
      consortium.member('Org1MSP').evaluate([['get', 'a']], { endorsers: ['Org2MSP'] }),
    );
    expect(message).toMatch(/failed to evaluate transaction/);
  });
});
