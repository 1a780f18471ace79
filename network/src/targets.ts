import { EmbeddedLedger } from './embedded/ledger.js';
import { EmbeddedTarget } from './embedded/target.js';
import { findBinaries } from './fabric/binaries.js';
import { FabricLedger } from './fabric/ledger.js';
import { FabricTarget } from './fabric/target.js';
import type { StateLayout } from './state/layout.js';
import type { TargetName } from './state/shape.js';
import type { ChannelLedger, LedgerTarget } from './target.js';
import type { ChannelTopology, Topology } from './topology/topology.js';

export function openTarget(name: TargetName, topology: Topology, layout: StateLayout): LedgerTarget {
  switch (name) {
    case 'fabric':
      return new FabricTarget(topology, layout);
    case 'embedded':
      return new EmbeddedTarget(topology, layout);
  }
}

/** A ledger for anybody's chaincode. */
export function openChannelLedger(name: TargetName, topology: ChannelTopology, layout: StateLayout): ChannelLedger {
  return name === 'fabric' ? new FabricLedger(topology, layout) : new EmbeddedLedger(topology, layout);
}

/** Fabric where its binaries are found, the embedded ledger elsewhere. */
export function defaultTarget(): TargetName {
  return findBinaries() === undefined ? 'embedded' : 'fabric';
}
