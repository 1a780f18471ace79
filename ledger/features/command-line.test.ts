import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionProfile } from '../src/connection-profile.js';
import { Consortium } from './consortium/consortium.js';

const { FABRIC_BIN, PATH = '' } = process.env;
const folders = FABRIC_BIN === undefined ? PATH.split(delimiter) : [FABRIC_BIN, join(FABRIC_BIN, 'bin')];
const bin = folders.find((folder) => ['peer', 'discover'].every((name) => existsSync(join(folder, name))));

/** Nothing but what Fabric's command line insists on. */
const CORE = 'peer:\n  BCCSP: { Default: SW, SW: { Hash: SHA2, Security: 256 } }\n';

if (bin === undefined) {
  test.skip('Fabric’s command line: peer and discover are neither in FABRIC_BIN nor on PATH', () => undefined);
} else {
  describe('Fabric’s command line, unmodified', () => {
    let consortium: Consortium;
    let profile: ConnectionProfile;
    let userMsp: string;

    beforeAll(async () => {
      consortium = await Consortium.start();
      profile = JSON.parse(consortium.dataFile('connection.json').toString()) as ConnectionProfile;
      userMsp = join(consortium.folder, 'cli', 'msp');
      // The command line wants the organisation's roots beside the user's key.
      const home = join(consortium.folder, 'Org1MSP');
      for (const part of [join(home, 'msp'), join(home, 'users', 'User1@Org1MSP', 'msp')])
        cpSync(part, userMsp, { recursive: true });
      writeFileSync(join(consortium.folder, 'cli', 'core.yaml'), CORE);
    }, 60_000);

    afterAll(async () => {
      await (consortium as Consortium | undefined)?.stop();
    });

    const org = (mspId: string): ConnectionProfile['orgs'][number] => {
      const found = profile.orgs.find((candidate) => candidate.mspId === mspId);
      if (found === undefined) throw new Error(`no ${mspId} in connection.json`);
      return found;
    };
    /** Standard output and standard error of a command that must succeed. */
    const run = (name: 'peer' | 'discover', args: readonly string[]): Promise<string> => {
      const { peerEndpoint, tlsRootPath } = org('Org1MSP');
      const env = {
        FABRIC_CFG_PATH: join(consortium.folder, 'cli'),
        CORE_PEER_LOCALMSPID: 'Org1MSP',
        CORE_PEER_MSPCONFIGPATH: userMsp,
        CORE_PEER_ADDRESS: peerEndpoint,
        CORE_PEER_TLS_ENABLED: 'true',
        CORE_PEER_TLS_ROOTCERT_FILE: tlsRootPath,
      };
      return new Promise((resolve, reject) => {
        execFile(join(bin, name), args, { env, cwd: consortium.folder, timeout: 30_000 }, (error, stdout, stderr) => {
          if (error === null) resolve(stdout + stderr);
          else reject(new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`, { cause: error }));
        });
      });
    };
    const ordering = (): string[] => ['-o', profile.orderer.endpoint, '--tls', '--cafile', profile.orderer.tlsRootPath];
    const input = (...steps: unknown[]): string => JSON.stringify({ Args: ['run', JSON.stringify(steps)] });

    test('peer chaincode invoke and query', async () => {
      const targets = ['Org1MSP', 'Org2MSP'].flatMap((mspId) => [
        '--peerAddresses',
        org(mspId).peerEndpoint,
        '--tlsRootCertFiles',
        org(mspId).tlsRootPath,
      ]);
      const steps = ['-C', 'mychannel', '-n', 'steps', '-c'];
      const invoked = await run('peer', [
        ...['chaincode', 'invoke', ...ordering(), ...targets, '--waitForEvent'],
        ...[...steps, input(['put', 'by-cli', 'yes'])],
      ]);
      expect(invoked).toMatch(/committed with status \(VALID\)/);
      expect(await run('peer', ['chaincode', 'query', ...steps, input(['get', 'by-cli'])])).toContain('["yes"]');
    });

    test('peer channel getinfo and fetch, from the orderer', async () => {
      expect(await run('peer', ['channel', 'getinfo', '-c', 'mychannel'])).toMatch(/"height":\d+/);
      for (const block of ['newest', 'config'])
        await run('peer', ['channel', 'fetch', block, `${block}.block`, '-c', 'mychannel', ...ordering()]);
      expect(readFileSync(join(consortium.folder, 'newest.block')).length).toBeGreaterThan(100);
    });

    test('peer lifecycle chaincode querycommitted', async () => {
      const told = await run('peer', ['lifecycle', 'chaincode', 'querycommitted', '-C', 'mychannel']);
      expect(told).toContain('Name: steps, Version: 1.0, Sequence: 1');
    });

    test('discover peers, config and endorsers', async () => {
      const { peerEndpoint, tlsRootPath } = org('Org1MSP');
      const discover = (command: string, ...args: string[]): Promise<string> =>
        run('discover', [
          ...['--MSP', 'Org1MSP', '--peerTLSCA', tlsRootPath],
          ...['--userCert', join(userMsp, 'signcerts', 'cert.pem'), '--userKey', join(userMsp, 'keystore', 'key.pem')],
          ...[command, '--channel', 'mychannel', '--server', peerEndpoint, ...args],
        ]);
      const peers = await discover('peers');
      for (const { peerEndpoint: endpoint } of profile.orgs) expect(peers).toContain(`"Endpoint": "${endpoint}"`);
      expect(await discover('config')).toContain(`"port": ${profile.orderer.endpoint.split(':')[1] ?? ''}`);
      expect(await discover('endorsers', '--chaincode', 'steps')).toContain('"quantities_by_group"');
    });
  });
}
