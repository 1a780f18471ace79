import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionProfile } from '../src/connection-profile.js';
import { Consortium } from './consortium/consortium.js';
import { discovered } from './consortium/discovered.js';
import { failureOf } from './consortium/failure.js';
import { Member } from './consortium/member.js';

const ADVERTISED = 'peer0.org2.example.com:7051';

describe('what the configuration leaves out', () => {
  let consortium: Consortium;

  beforeAll(async () => {
    const given = await Consortium.create();
    const chaincodes = given.config.chaincodes?.map(({ name, endpoints }) => ({ name, endpoints }));
    consortium = await Consortium.create({
      config: {
        // Org1 is given but for its peer's TLS and address, Org2 has addresses alone, Org3 nothing.
        organizations: [
          { mspId: 'Org1MSP', msp: 'Org1MSP/msp', peer: { msp: 'Org1MSP/node/msp' } },
          { mspId: 'Org2MSP', peer: { listen: given.address('Org2MSP'), address: ADVERTISED } },
          { mspId: 'Org3MSP' },
        ],
        orderer: undefined,
        chaincodes,
      },
    });
    await given.stop();
    await Promise.all([consortium.startChaincode(), consortium.startLedger()]);
  });

  afterAll(async () => {
    await consortium.stop();
  });

  const profile = (): ConnectionProfile =>
    JSON.parse(consortium.dataFile('connection.json').toString()) as ConnectionProfile;

  const connected = (mspId: string, user: string): Member => {
    const org = profile().orgs.find((candidate) => candidate.mspId === mspId);
    const found = org?.users.find(({ name }) => name === user);
    if (org === undefined || found === undefined) throw new Error(`${mspId} has no ${user}`);
    const [root, certificate, key] = [org.tlsRootPath, found.certPath, found.keyPath].map((path) => readFileSync(path));
    if (root === undefined || certificate === undefined || key === undefined) throw new Error('unreachable');
    return Member.as(mspId, org.peerEndpoint, root, certificate, key);
  };

  test.each([
    ['Org1MSP', 'User1@Org1MSP'],
    ['Org2MSP', 'User1'],
    ['Org2MSP', 'Admin'],
    ['Org3MSP', 'User1'],
  ])('is made: %s and its %s work with a majority of organisations', async (mspId, user) => {
    const member = connected(mspId, user);
    try {
      const { successful } = await member.submit([['put', `${mspId}/${user}`, 'x']]);
      expect(successful).toBe(true);
    } finally {
      member.close();
    }
  });

  test('is made once: another start has the same certificates and addresses, and old identities are valid', async () => {
    const before = profile();
    const files = (): string[] =>
      readdirSync(join(consortium.folder, 'data', 'organizations'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
    const contents = files().map((file) => readFileSync(file, 'utf8'));
    await consortium.stopLedger('SIGKILL');
    await consortium.startLedger();
    expect(profile()).toEqual(before);
    expect(files().map((file) => readFileSync(file, 'utf8'))).toEqual(contents);
    const member = connected('Org3MSP', 'User1');
    expect(await member.evaluate([['get', 'Org3MSP/User1']])).toEqual(['x']);
    member.close();
    for (const file of files()) expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('a peer is known by the address that is given for it, and by where it listens when none is', async () => {
    const member = connected('Org1MSP', 'User1@Org1MSP');
    const listening = Object.fromEntries(profile().orgs.map(({ mspId, peerEndpoint }) => [mspId, peerEndpoint]));
    expect(listening['Org2MSP']).toMatch(/^127\.0\.0\.1:/);
    const told: Record<string, string> = { ...listening, Org2MSP: ADVERTISED };
    try {
      const { details } = await failureOf(member.contract().newProposal('nothing').endorse());
      expect(details.length).toBeGreaterThan(0);
      for (const { mspId, address } of details) expect(address).toBe(told[mspId]);
      const { details: named } = await failureOf(
        member
          .contract()
          .newProposal('nothing', { endorsingOrganizations: ['Org2MSP'] })
          .endorse(),
      );
      expect(named.map(({ address }) => address)).toEqual([ADVERTISED]);
      expect(await discovered(member)).toEqual(told);
    } finally {
      member.close();
    }
  });

  test('is made as by Fabric: node units, P-256, loopback names in TLS', () => {
    const peer = join(consortium.folder, 'data', 'organizations', 'Org3MSP', 'peers', 'peer0');
    const certificate = (...path: string[]): X509Certificate => new X509Certificate(readFileSync(join(peer, ...path)));
    expect(certificate('msp', 'signcerts', 'cert.pem').subject).toContain('OU=peer');
    expect(certificate('msp', 'signcerts', 'cert.pem').publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate('tls', 'server.crt').subjectAltName).toMatch(/DNS:localhost.*IP Address:127\.0\.0\.1/);
  });
});
