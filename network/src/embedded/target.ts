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
import { EmbeddedLedger, ledgerName } from './ledger.js';

/** Proofward's chaincode on the embedded ledger. */
export class EmbeddedTarget extends EmbeddedLedger implements LedgerTarget {
  constructor(
    protected override readonly topology: Topology,
    layout: StateLayout,
  ) {
    super(topology, layout);
  }

  async deploy(
    { packageId }: PackagedChaincode,
    startChaincode: () => Promise<void>,
    { fleet, report }: Site,
  ): Promise<ChaincodeDefinition> {
    const { layout, topology } = this;
    const proposed = await readProposed(layout);
    const { definition, isCommitted } = nextDefinition(
      wantedTerms(topology, packageId),
      proposed,
      proposed?.sequence ?? 0,
    );
    await performing(report, 'chaincode', startChaincode);
    await performing(report, 'ledger', async () => {
      if (!isCommitted) await fleet.stop(ledgerName);
      await this.startWith([this.configured(definition)], fleet);
      await writeProposed(layout, definition);
      return `${definition.name} ${definition.version}, sequence ${definition.sequence}`;
    });
    return definition;
  }

  async committedSequence(): Promise<number | undefined> {
    return (await readProposed(this.layout))?.sequence ?? 0;
  }

  private configured({ name, version, sequence, packageId, endorsementPolicy }: ChaincodeDefinition) {
    const endpoints = Object.fromEntries(
      this.topology.organizations.map(({ mspId, chaincodePort }) => [mspId, `127.0.0.1:${chaincodePort}`]),
    );
    const terms = { name, version, sequence, packageId, endorsementPolicy };
    return { ...terms, endpoints, collectionsFile: this.layout.collections };
  }
}
