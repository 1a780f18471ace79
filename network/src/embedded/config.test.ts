import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { wantedTerms } from '../chaincode/definition.js';
import { StateLayout } from '../state/layout.js';
import { loadTopology } from '../topology/load.js';
import { ledgerConfig } from './config.js';

describe('ledgerConfig', () => {
  const topology = loadTopology({ consortium: 'small', basePort: 19000 });
  const definition = { ...wantedTerms(topology, 'proofward_1.0:aa'), sequence: 2 };
  const config: unknown = parse(ledgerConfig(topology, new StateLayout('/state'), definition));

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

  it('has the chaincode with an endpoint for each organisation', () => {
    expect(config).toMatchObject({
      chaincodes: [
        {
          name: 'proofward',
          sequence: 2,
          packageId: 'proofward_1.0:aa',
          endpoints: Object.fromEntries(
            topology.organizations.map(({ mspId, chaincodePort }) => [mspId, `127.0.0.1:${chaincodePort}`]),
          ),
          collections: '/state/collections_config.json',
        },
      ],
    });
  });
});
