import { z } from 'zod';
import { NetworkError } from '../errors.js';
import type { Topology } from '../topology/topology.js';
import { readDocument, writeDocument } from './document.js';
import type { StateLayout } from './layout.js';

const shapeSchema = z.strictObject({
  /** Where it was read from: later calls about this state need not name it again. */
  source: z.string(),
  target: z.enum(['fabric', 'embedded']),
  channel: z.string(),
  basePort: z.number(),
  ordering: z.strictObject({ mspId: z.string(), nodes: z.number() }),
  organizations: z.array(z.strictObject({ slug: z.string(), mspId: z.string() })),
});
/** What genesis block, certificates and installed packages are made of: it stays as it is while the state is kept. */
export type NetworkShape = z.infer<typeof shapeSchema>;
export type TargetName = NetworkShape['target'];

export async function readShape(layout: StateLayout): Promise<NetworkShape | undefined> {
  return readDocument(layout.shape, shapeSchema);
}

/** Writes the shape down at the first `up`, and refuses another one later. */
export async function fixShape(topology: Topology, target: TargetName, layout: StateLayout): Promise<void> {
  const wanted: NetworkShape = {
    source: topology.source,
    target,
    channel: topology.channel,
    basePort: topology.basePort,
    ordering: { mspId: topology.ordering.mspId, nodes: topology.ordering.nodes.length },
    organizations: topology.organizations.map(({ slug, mspId }) => ({ slug, mspId })),
  };
  const made = await readShape(layout);
  const keys = ['target', 'channel', 'basePort', 'ordering', 'organizations'] as const;
  const differing = keys.filter((key) => JSON.stringify(made?.[key]) !== JSON.stringify(wanted[key]));
  if (made !== undefined && differing.length > 0) {
    throw new NetworkError(
      'STATE_MISMATCH',
      `the network in ${layout.root} was made with another ${differing.join(', ')} than ${topology.source} asks for`,
      'use another --state folder, or forget that network with `down --fresh`',
    );
  }
  await writeDocument(layout.shape, wanted);
}
