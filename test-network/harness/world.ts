import {
  bytesToHex,
  commitmentOf,
  emptyRoot,
  sealPrivate,
  type PrivateRecord,
  type PrivateType,
} from '@proofward/evidence';
import { ProofwardClient } from '@proofward/client';
import { hash, signers } from '@hyperledger/fabric-gateway';
import { type NetworkOptions, openLedger, openNetwork, Stack, StateLayout } from '@proofward/network';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attributes, enrol } from './enrolment.js';
import { equalHeights } from './heights.js';
import { LedgerClient } from './ledger-client.js';
import { featuresNetwork } from './place.js';
import { target } from './project.js';

/** The running stack, seen from one feature file. */
export class World {
  private readonly ledgerClients = new Map<string, LedgerClient>();

  private settling: Promise<void> | undefined;

  private constructor(readonly stack: Stack) {}

  /** @param options of another network than the features' */
  static async attach(options: NetworkOptions = featuresNetwork()): Promise<World> {
    const stack = new Stack(await openNetwork(options));
    await stack.attach();
    return new World(stack);
  }

  /** A network of a feature's own, from nothing. */
  static async start(options: NetworkOptions): Promise<World> {
    const stack = new Stack(await openNetwork(options));
    await stack.forget();
    await stack.up();
    return new World(stack);
  }

  /** Ends a network of a feature's own, and forgets it. */
  async end(): Promise<void> {
    this.close();
    await this.stack.forget();
  }

  /** The REST client of a caller. */
  as(slug: string, role: string): ProofwardClient {
    const { url, apiKeys } = this.stack.organization(slug);
    return new ProofwardClient({
      url,
      apiKey: apiKeys[role] ?? '',
      fetch: async (address, request) => {
        // These may refer to what another organisation has just recorded.
        if (request?.method === 'POST' && /\/v1\/[a-z-]+$/.test(typeof address === 'string' ? address : ''))
          await this.settled();
        return fetch(address, request);
      },
    });
  }

  /** Waits until all peers that are up have the same blocks. */
  settled(): Promise<void> {
    if (target === 'embedded') return Promise.resolve();
    this.settling ??= this.settle().finally(() => {
      this.settling = undefined;
    });
    return this.settling;
  }

  private async settle(): Promise<void> {
    const { organizations } = this.stack.network;
    const peers = organizations.flatMap((organization) => organization.peers.map(({ name }) => name));
    await equalHeights(() => Promise.all(peers.map((name) => this.stack.network.height(name))));
  }

  /** The bare ledger client of a caller. */
  ledger(slug: string, role: string): LedgerClient {
    const name = `${slug}/${role}`;
    const client =
      this.ledgerClients.get(name) ??
      new LedgerClient(openLedger(this.stack.network, slug, role), () => this.settled());
    this.ledgerClients.set(name, client);
    return client;
  }

  /** Lets an organisation's CA issue one more certificate, for {@link ledger} under that name. */
  enrol(slug: string, name: string, attributes: Attributes): Promise<void> {
    return enrol(this.stack.network, slug, name, attributes);
  }

  /** A private record as a gateway would make it, with a commitment key of its own. */
  seal(
    type: PrivateType,
    id: string,
    values: Record<string, unknown>,
    commitmentKey: Uint8Array = randomBytes(32),
  ): { record: PrivateRecord; commitment: string } {
    const channel = this.stack.network.channel;
    const record = sealPrivate(commitmentKey, { channel, type, id, revision: 1 }, values);
    return { record, commitment: commitmentOf(channel, record) };
  }

  /** The signature that an organisation's peer would make. */
  readonly signAs = (mspId: string, message: Uint8Array): Promise<Uint8Array> => {
    const { network } = this.stack;
    const organization = network.organizations.find((candidate) => candidate.mspId === mspId);
    const [peer] = organization?.peers ?? [];
    if (organization === undefined || peer === undefined) throw new Error(`no peer of ${mspId}`);
    const { key } = new StateLayout(network.stateDir).organization(organization.slug).node(peer.name);
    return signers.newPrivateKeySigner(createPrivateKey(readFileSync(key)))(hash.sha256(message));
  };

  /** The secret from which an organisation's gateway makes its salts. */
  commitmentKey(slug: string): Promise<Uint8Array> {
    return readFile(join(this.stack.network.stateDir, 'gateways', slug, 'commitment.key'));
  }

  close(): void {
    for (const client of this.ledgerClients.values()) client.close();
  }
}

/** MSP ids of the small consortium. */
export const msp = {
  cleveland: 'ClevelandMSP',
  hungarian: 'HungarianMSP',
  auditorA: 'AuditorAMSP',
  auditorB: 'AuditorBMSP',
  regulator: 'RegulatorMSP',
} as const;

/** A name that no other feature uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${bytesToHex(randomBytes(6))}`;
}

export const file = {
  path: 'patients.csv',
  size: 3,
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
} as const;

/** A dataset request with one file. */
export function dataset(name: string, more: Record<string, unknown> = {}) {
  return { name, version: '1', private: { files: [file], ...more } };
}

/** A model request with one file of weights. */
export function model(name: string, datasets: { id: string; role: 'training' | 'validation' | 'testing' }[] = []) {
  return { name, version: '1', purpose: 'triage', datasets, private: { fingerprint: { files: [file] } } };
}

/** A usage grant's request. */
export function grant(dataset: string, grantee: string, more: Record<string, unknown> = {}) {
  return { dataset, grantee, purpose: 'triage', private: { terms: 'Research on triage only.' }, ...more };
}

/** An evaluation plan's request. */
export function plan(subject: string) {
  return {
    subject,
    kind: 'fairness' as const,
    private: {
      criteria: [{ metric: 'equal_opportunity_difference', gate: 'bound95' as const, threshold: '0.1' }],
      sensitiveFeatures: ['sex'],
      minimumGroupSize: 30,
    },
  };
}

/** A vendor's release policy for one of its models by name. */
export function policy(name: string, line: string, more: Record<string, unknown> = {}) {
  return {
    name,
    version: '1',
    scope: 'vendor' as const,
    line,
    requirements: [{ name: 'fair', requires: 'attestation' as const, kind: 'fairness' as const }],
    ...more,
  };
}

/** An attestation request. */
export function attestation(subject: string) {
  return {
    subject,
    kind: 'fairness' as const,
    private: { verdict: { claimed: 'fail' as const }, evaluator: 'the auditor', unknownCount: 2 },
  };
}

/** A sign-off's request, as the site's quality manager makes it. */
export function signOff(model: string, role: 'qa' | 'clinical-safety' = 'qa', more: Record<string, unknown> = {}) {
  return {
    model,
    role,
    private: {
      outcome: 'approved' as const,
      purpose: 'triage',
      printedName: 'Signer',
      title: 'Quality manager',
      meaning: 'approved' as const,
      authentication: 'smart-card-pin',
      readDigest: file.sha256,
      ...more,
    },
  };
}

/** A waiver's request, for a year that has not come to its end. */
export function waiver(model: string) {
  return {
    model,
    requirement: 'robustness',
    until: '2099-12-31T00:00:00.000Z',
    private: { reason: 'The audit is under way.', compensatingControl: 'A physician confirms each output.' },
  };
}

/** A provider's response to an attestation. */
export function response(attestation: string) {
  return {
    attestation,
    private: { position: 'contests' as const, text: 'Too few women for the bound that was chosen.' },
  };
}

/** An incident's request. */
export function incident(subjects: string[], severity: 'minor' | 'serious' = 'minor') {
  return {
    subjects,
    severity,
    private: { awareAt: '2026-01-01T08:00:00.000Z', description: 'A version that was not released answered a ward.' },
  };
}

/** A first batch of an endpoint, of a minute in which nothing happened, as chaincode is asked to record it. */
export function emptyBatch(endpoint: string) {
  const to = '2026-01-01T08:01:00.000Z';
  return {
    endpoint,
    kind: 'receipts' as const,
    window: { from: '2026-01-01T08:00:00.000Z', to },
    first: 1,
    last: 0,
    count: 0,
    root: emptyRoot,
    effectiveAt: to,
  };
}

/** A proposal's request, that an organisation is suspended. */
export function proposal(organization: string) {
  return {
    change: { kind: 'standing' as const, organization, status: 'suspended' as const },
    deadline: new Date(Date.now() + 24 * 3600 * 1000).toISOString(),
  };
}

/** A dispute's request, of an attestation on that subject. */
export function dispute(record: string, subject: string) {
  return {
    record,
    subject,
    deadline: new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 + 30 * 86_400_000).toISOString(),
    private: { reason: 'The holdout shares patients with the training data.', evidenceDigest: file.sha256 },
  };
}

/** A statement in a dispute: an auditor's answer, or the reasons of who ruled. */
export function disputeStatement(dispute: string, subject: string, part: 'answer' | 'reasons' = 'answer') {
  return { dispute, subject, part, private: { text: 'No patient is in both.', evidenceDigest: file.sha256 } };
}

/** What a dataset says of where it lies, with a typo in it, and what is meant. */
export const misspelt = 's3://cardiolgy/heart-disease';
export const meant = 's3://cardiology/heart-disease';

/** An amendment's request, of a dataset that has it. */
export function amending(record: string, more: Record<string, unknown> = {}) {
  return {
    record,
    field: 'storageLocation',
    reasonCode: 'typo' as const,
    private: { earlier: misspelt, corrected: meant },
    ...more,
  };
}

/** A disclosure request's request, of a model's fields, that waits for a month. */
export function disclosureRequest(addressee: string, record: string, more: Record<string, unknown> = {}) {
  return {
    addressee,
    deadline: dispute('', '').deadline,
    served: 'ledger' as const,
    private: {
      record,
      fields: ['intendedPurpose', 'hyperparameters'],
      legalBasis: 'Regulation (EU) 2024/1689, Article 74(12)',
    },
    ...more,
  };
}
