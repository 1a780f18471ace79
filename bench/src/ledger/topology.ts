import { loadTopology, type Topology } from '@proofward/network';

/** As a newcomer's network cuts blocks, except that nobody waits long for one. */
const batchTimeoutMs = 50;

export function sevenOrganisations(basePort: number): Topology {
  return atBatchTimeout(loadTopology({ consortium: 'consortium', basePort }));
}

export function fourOrganisations(basePort: number): Topology {
  const topology = atBatchTimeout(loadTopology({ consortium: 'small', basePort }));
  const isKept = ({ slug }: { slug: string }) => slug !== 'hungarian';
  return {
    ...topology,
    organizations: topology.organizations.filter(isKept),
    consortium: { ...topology.consortium, organizations: topology.consortium.organizations.filter(isKept) },
  };
}

function atBatchTimeout(topology: Topology): Topology {
  return { ...topology, ordering: { ...topology.ordering, batchTimeoutMs } };
}
