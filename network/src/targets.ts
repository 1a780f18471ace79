import { EmbeddedTarget } from './embedded/target.js';
import { findBinaries } from './fabric/binaries.js';
import { FabricTarget } from './fabric/target.js';
import type { StateLayout } from './state/layout.js';
import type { TargetName } from './state/shape.js';
import type { LedgerTarget } from './target.js';
import type { Topology } from './topology/topology.js';

export function openTarget(name: TargetName, topology: Topology, layout: StateLayout): LedgerTarget {
  switch (name) {
    case 'fabric':
      return new FabricTarget(topology, layout);
    case 'embedded':
      return new EmbeddedTarget(topology, layout);
  }
}

/** Fabric where its binaries are found, the embedded ledger elsewhere. */
export function defaultTarget(): TargetName {
  return findBinaries() === undefined ? 'embedded' : 'fabric';
}
