import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Contract, Gateway, type Network, Wallets } from 'fabric-network';
import { Consortium } from './consortium/consortium.js';
import type { ConnectionProfile } from '../src/connection-profile.js';

describe('fabric-network 2.2, unmodified, which finds peers and orderer by discovery', () => {
  let consortium: Consortium;

  beforeAll(async () => {
    consortium = await Consortium.start({
      collections: [
        { name: 'pair', policy: "OR('Org1MSP.member','Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1 },
      ],
    });
  }, 60_000);

  afterAll(async () => {
    await (consortium as Consortium | undefined)?.stop();
  });

  const connected = async (asLocalhost: boolean): Promise<Gateway> => {
    const profile = JSON.parse(consortium.dataFile('connection.json').toString()) as ConnectionProfile;
    const org = profile.orgs.find(({ mspId }) => mspId === 'Org1MSP');
    const user = org?.users.find(({ name }) => name === 'User1@Org1MSP');
    if (org === undefined || user === undefined) throw new Error('no User1 of Org1MSP in connection.json');
    const wallet = await Wallets.newInMemoryWallet();
    await wallet.put('User1', {
      type: 'X.509',
      mspId: org.mspId,
      credentials: { certificate: readFileSync(user.certPath, 'utf8'), privateKey: readFileSync(user.keyPath, 'utf8') },
    } as Parameters<typeof wallet.put>[1]);
    const gateway = new Gateway();
    await gateway.connect(
      {
        name: 'embedded',
        version: '1.0.0',
        client: { organization: 'Org1' },
        organizations: { Org1: { mspid: org.mspId, peers: ['peer0'] } },
        peers: {
          peer0: {
            url: `grpcs://${org.peerEndpoint}`,
            tlsCACerts: { pem: readFileSync(org.tlsRootPath, 'utf8') },
          },
        },
      },
      { wallet, identity: 'User1', discovery: { enabled: true, asLocalhost } },
    );
    return gateway;
  };
  const run = (contract: Contract, ...steps: unknown[]): Promise<Buffer> =>
    contract.submitTransaction('run', JSON.stringify(steps));

  test.each([true, false])('submits, evaluates and hears of it, asLocalhost %p', async (asLocalhost) => {
    const gateway = await connected(asLocalhost);
    try {
      const network: Network = await gateway.getNetwork('mychannel');
      const contract = network.getContract('steps');
      const blocks: string[] = [];
      await network.addBlockListener((event) => {
        blocks.push(event.blockNumber.toString());
        return Promise.resolve();
      });
      await run(contract, ['put', `asked/${String(asLocalhost)}`, 'yes']);
      const read = await contract.evaluateTransaction('run', JSON.stringify([['get', `asked/${String(asLocalhost)}`]]));
      expect(JSON.parse(read.toString())).toEqual(['yes']);
      expect(blocks.length).toBeGreaterThan(0);
    } finally {
      gateway.disconnect();
    }
  });

  test('has private data endorsed by members of the collection', async () => {
    const gateway = await connected(true);
    try {
      const contract = (await gateway.getNetwork('mychannel')).getContract('steps');
      contract.addDiscoveryInterest({ name: 'steps', collectionNames: ['pair'] });
      await run(contract, ['putPrivate', 'pair', 'secret', 'value']);
      const read = await contract.evaluateTransaction('run', JSON.stringify([['getPrivate', 'pair', 'secret']]));
      expect(JSON.parse(read.toString())).toEqual(['value']);
    } finally {
      gateway.disconnect();
    }
  });
});
