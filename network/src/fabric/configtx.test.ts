import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { StateLayout } from '../state/layout.js';
import { loadTopology } from '../topology/load.js';
import { configtx } from './configtx.js';

const policy = z.looseObject({ Rule: z.string() });
const documentSchema = z.looseObject({
  Profiles: z.looseObject({
    Channel: z.looseObject({
      Capabilities: z.record(z.string(), z.boolean()),
      Orderer: z.looseObject({
        BatchTimeout: z.string(),
        EtcdRaft: z.looseObject({ Consenters: z.array(z.looseObject({ Port: z.number() })) }),
      }),
      Application: z.looseObject({
        Capabilities: z.record(z.string(), z.boolean()),
        Policies: z.looseObject({ LifecycleEndorsement: policy }),
        Organizations: z.array(
          z.looseObject({
            ID: z.string(),
            AnchorPeers: z.array(z.looseObject({ Port: z.number() })),
            Policies: z.looseObject({ Endorsement: policy }),
          }),
        ),
      }),
    }),
  }),
});

const topology = loadTopology({ consortium: 'small' });
const channel = (major: 2 | 3) =>
  documentSchema.parse(parse(configtx(topology, new StateLayout('/state'), { major }))).Profiles.Channel;

describe('configtx', () => {
  it('asks for the channel capability that the release has', () => {
    expect(channel(3).Capabilities).toEqual({ V3_0: true });
    expect(channel(2).Capabilities).toEqual({ V2_0: true });
  });

  it('asks for the application capability that purging needs', () => {
    expect(channel(2).Application.Capabilities).toEqual({ V2_5: true });
  });

  it('takes a majority of organisations for a chaincode definition, and only peers for an endorsement', () => {
    const { Policies, Organizations } = channel(3).Application;
    expect(Policies.LifecycleEndorsement.Rule).toBe('MAJORITY Endorsement');
    expect(Organizations[0]?.Policies.Endorsement.Rule).toBe("OR('ClevelandMSP.peer')");
  });

  it('names an anchor peer of every organisation', () => {
    expect(channel(3).Application.Organizations.map(({ ID, AnchorPeers }) => [ID, AnchorPeers.length])).toEqual(
      topology.organizations.map(({ mspId }) => [mspId, 1]),
    );
  });

  it('has the batch timeout of org-configs, in milliseconds', () => {
    expect(channel(3).Orderer.BatchTimeout).toBe('50ms');
  });
});
