import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from './read-config.js';

const YAML = `
channel: mychannel
data: ./ledger-data
organizations:
  - mspId: Org1MSP
    msp: crypto/org1/msp
    peer: {listen: 127.0.0.1:7051, msp: crypto/peer0/msp, tls: {cert: server.crt, key: server.key}}
orderer: {mspId: OrdererMSP, msp: crypto/orderer/msp, node: {msp: crypto/orderer0/msp}}
chaincodes:
  - {name: basic, version: '1', sequence: 1, packageId: 'basic:1', endpoints: {Org1MSP: 127.0.0.1:9999}}
`;

describe('the configuration file', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-config-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const read = (text: string): ReturnType<typeof readConfig> => {
    const file = join(folder, 'ledger.yaml');
    writeFileSync(file, text);
    return readConfig(file);
  };

  test('has defaults, and paths relative to itself', () => {
    const config = read(YAML);
    expect(config.batchTimeoutMs).toBe(100);
    expect(config.data).toBe(join(folder, 'ledger-data'));
    expect(config.organizations[0]?.peer.tls?.cert).toBe(join(folder, 'server.crt'));
  });

  test.each([
    [YAML.replace('channel: mychannel', 'channel: my_channel'), /channel: a channel is named/],
    [`${YAML}extra: 1\n`, /extra: there is no such field/],
    [YAML.replace('127.0.0.1:7051', 'nowhere'), /organizations\.0\.peer\.listen: expected host:port/],
    [YAML.replace('{listen:', '{address: peer0, listen:'), /organizations\.0\.peer\.address: expected host:port/],
    [
      YAML.replace('{Org1MSP: 127', '{Org2MSP: 127'),
      /basic has an endpoint for Org2MSP, which is no organization here/,
    ],
    [YAML.replace('name: basic', 'name: qscc'), /chaincodes\.0\.name: this is the name of a system chaincode/],
    [YAML.replace("version: '1'", 'version: 1.0'), /chaincodes\.0\.version: expected text: write it in quotes/],
    [YAML.replace('7051', '70510'), /organizations\.0\.peer\.listen: the port is a number up to 65535/],
    [YAML.replace('msp: crypto/org1/msp', ''), /organizations\.0\.peer\.msp: the peer is given, but not/],
    ['channel: [', /cannot read the configuration/],
  ])('is refused with one line that says where', (text, expected) => {
    let message = '';
    try {
      read(text);
    } catch (cause) {
      message = cause instanceof Error ? cause.message : '';
    }
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });
});
