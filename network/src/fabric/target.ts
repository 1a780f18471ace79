import {
  type ChaincodeDefinition,
  nextDefinition,
  readProposed,
  wantedTerms,
  writeProposed,
} from '../chaincode/definition.js';
import type { PackagedChaincode } from '../chaincode/package.js';
import { performing } from '../progress.js';
import type { StateLayout } from '../state/layout.js';
import type { LedgerTarget, Site } from '../target.js';
import type { Topology } from '../topology/topology.js';
import { findBinaries } from './binaries.js';
import { FabricLedger } from './ledger.js';

/** Proofward's chaincode on Hyperledger Fabric. */
export class FabricTarget extends FabricLedger implements LedgerTarget {
  constructor(
    protected override readonly topology: Topology,
    layout: StateLayout,
  ) {
    super(topology, layout);
  }

  async deploy(
    { packageId, file }: PackagedChaincode,
    startChaincode: () => Promise<void>,
    site: Site,
  ): Promise<ChaincodeDefinition> {
    const { report } = site;
    const lifecycle = await this.lifecycle();
    await performing(report, 'install', () => lifecycle.install(file, packageId));
    await performing(report, 'chaincode', startChaincode);
    const { definition, isCommitted } = nextDefinition(
      wantedTerms(this.topology, packageId),
      await readProposed(this.layout),
      await lifecycle.committedSequence(this.topology.chaincode.name),
    );
    if (!isCommitted) {
      const approved = { ...definition, collectionsFile: this.layout.collections };
      await writeProposed(this.layout, definition);
      await performing(report, 'approve', () => lifecycle.approve(approved));
      await performing(report, 'commit', () => lifecycle.commit(approved));
    }
    await performing(report, 'definition', async () => {
      await lifecycle.awaitEverywhere(definition);
      return `${definition.name} ${definition.version}, sequence ${definition.sequence}, on every peer`;
    });
    // Nothing before this needs it, so peers find each other while the definition is made.
    await this.awaitGossip(site);
    return definition;
  }

  async committedSequence(): Promise<number | undefined> {
    const [peer] = this.peers;
    if (findBinaries() === undefined || peer === undefined || (await this.height(peer)) === undefined) return undefined;
    return (await this.lifecycle()).committedSequence(this.topology.chaincode.name);
  }
}
