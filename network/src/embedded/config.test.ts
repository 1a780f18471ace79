import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { StateLayout } from '../state/layout.js';
import { loadTopology } from '../topology/load.js';
import { ledgerConfig } from './config.js';

describe('ledgerConfig', () => {
  const topology = loadTopology({ consortium: 'small', basePort: 19000 });
  const endpoints = Object.fromEntries(topology.organizations.map(({ mspId }, i) => [mspId, `127.0.0.1:${9000 + i}`]));
  const terms = { name: 'basic', version: '1.0', packageId: 'basic_1.0:aa', endpoints };
  const config: unknown = parse(
    ledgerConfig(topology, new StateLayout('/state'), [
      { ...terms, sequence: 2, endorsementPolicy: "OR('AMSP.peer')", collectionsFile: '/collections.json' },
      { ...terms, name: 'other', sequence: 1 },
    ]),
  );

  it('gives every organisation its own endpoint and key', () => {
    expect(config).toMatchObject({
      channel: 'proofward',
      organizations: topology.organizations.map(({ mspId, slug, peers }) => ({
        mspId,
        peer: {
          listen: `127.0.0.1:${peers[0]?.ports.listen ?? 0}`,
          msp: `/state/crypto/peerOrganizations/${slug}/peers/peer0.${slug}/msp`,
        },
      })),
    });
  });

  it('has each chaincode with an endpoint for each organisation, and with the terms that it has', () => {
    expect(config).toMatchObject({
      chaincodes: [
        { ...terms, sequence: 2, endorsementPolicy: "OR('AMSP.peer')", collections: '/collections.json' },
        { ...terms, name: 'other', sequence: 1 },
      ],
    });
    expect(config).not.toHaveProperty('chaincodes.1.collections');
  });
});
