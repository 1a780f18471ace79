import { createHash } from 'node:crypto';
import { chaincodePolicy, collectionsConfig } from '@proofward/evidence';
import { z } from 'zod';
import { readDocument, writeDocument } from '../state/document.js';
import type { StateLayout } from '../state/layout.js';
import type { Topology } from '../topology/topology.js';

const definitionSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  sequence: z.number().int().positive(),
  packageId: z.string(),
  endorsementPolicy: z.string(),
  /** SHA-256 of collections_config.json. */
  collections: z.string(),
});
/** What the organisations agree on when they commit a chaincode. */
export type ChaincodeDefinition = z.infer<typeof definitionSchema>;
export type ChaincodeTerms = Omit<ChaincodeDefinition, 'sequence'>;

export function collectionsJson(topology: Topology): string {
  return `${JSON.stringify(collectionsConfig(topology.consortium), undefined, 2)}\n`;
}

export function consortiumJson(topology: Topology): string {
  return `${JSON.stringify(topology.consortium, undefined, 2)}\n`;
}

/** The terms that org-configs and the chaincode's bundle ask for now. */
export function wantedTerms(topology: Topology, packageId: string): ChaincodeTerms {
  return {
    ...topology.chaincode,
    packageId,
    endorsementPolicy: chaincodePolicy(topology.consortium),
    collections: createHash('sha256').update(collectionsJson(topology)).digest('hex'),
  };
}

/**
 * The sequence that those terms have or get. What was last proposed is written down before the first approval, so when
 * the ledger's sequence is the one proposed, its terms are known without taking Fabric's encoding apart.
 */
export function nextDefinition(
  terms: ChaincodeTerms,
  proposed: ChaincodeDefinition | undefined,
  committedSequence: number,
): { definition: ChaincodeDefinition; isCommitted: boolean } {
  const isCommitted = proposed !== undefined && proposed.sequence === committedSequence && sameTerms(terms, proposed);
  const sequence = isCommitted ? committedSequence : committedSequence + 1;
  return { definition: { ...terms, sequence }, isCommitted };
}

export function sameTerms(terms: ChaincodeTerms, other: ChaincodeTerms): boolean {
  return (
    terms.name === other.name &&
    terms.version === other.version &&
    terms.packageId === other.packageId &&
    terms.endorsementPolicy === other.endorsementPolicy &&
    terms.collections === other.collections
  );
}

export async function readProposed(layout: StateLayout): Promise<ChaincodeDefinition | undefined> {
  return readDocument(layout.definition, definitionSchema, `remove it: the next start proposes it anew`);
}

export async function writeProposed(layout: StateLayout, definition: ChaincodeDefinition): Promise<void> {
  await writeDocument(layout.definition, definition);
}
