/** One body for each operation that takes one, as the API's document shows it. A test parses them. */

const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const files = [{ path: 'cleveland.csv', size: 3, sha256 }];
const presented = {
  size: 1,
  fields: [{ name: 'verdict', salt: sha256, value: { claimed: 'pass' }, index: 0, path: [] }],
};

export const bodyExamples: Record<string, unknown> = {
  createDataset: {
    name: 'heart-disease',
    version: '2',
    parents: ['dataset:cleveland/heart-disease@1'],
    private: { files, licence: 'CC-BY-4.0' },
  },
  createGrant: {
    dataset: 'dataset:cleveland/heart-disease@1',
    grantee: 'hungarian',
    purpose: 'triage',
    until: '2027-12-31T00:00:00.000Z',
    private: { terms: 'Research on triage; no re-identification, no transfer.' },
  },
  createPlan: {
    subject: 'model:cleveland/heart-risk@1',
    kind: 'fairness',
    private: {
      criteria: [{ metric: 'equal_opportunity_difference', gate: 'bound95', threshold: '0.1' }],
      dataset: 'dataset:cleveland/heart-disease@1',
      sensitiveFeatures: ['sex'],
      minimumGroupSize: 30,
    },
  },
  createModel: {
    name: 'heart-risk',
    version: '1',
    purpose: 'triage',
    datasets: [{ id: 'dataset:cleveland/heart-disease@1', role: 'training' }],
    private: { fingerprint: { files: [{ path: 'model.json', size: 3, sha256 }] } },
  },
  createAttestation: {
    subject: 'model:cleveland/heart-risk@1',
    kind: 'fairness',
    private: { verdict: { claimed: 'pass' }, sensitiveFeatures: ['sex'] },
  },
  createPolicy: {
    name: 'release',
    version: '1',
    scope: 'site',
    requirements: [
      {
        name: 'fair-by-sex',
        requires: 'attestation',
        kind: 'fairness',
        criteria: [{ metric: 'equal_opportunity_difference', by: ['sex'], gate: 'bound95', threshold: '0.1' }],
        maximalAge: 'P365D',
      },
      { name: 'safe-here', waivable: true, requires: 'sign-off', role: 'clinical-safety' },
    ],
  },
  createResponse: {
    attestation: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1',
    private: { position: 'contests', text: 'The holdout has 97 women, too few for the bound that was chosen.' },
  },
  createIncident: {
    subjects: ['model:cleveland/heart-risk@1'],
    severity: 'serious',
    private: { awareAt: '2026-03-04T22:15:00.000Z', description: 'A version that was not released answered a ward.' },
  },
  createDispute: {
    record: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1',
    subject: 'model:cleveland/heart-risk@1',
    deadline: '2026-04-06T00:00:00.000Z',
    private: { reason: 'The holdout shares patients with the training data.', evidenceDigest: sha256 },
  },
  createDisputeStatement: {
    dispute: 'dispute:auditor-b/2c26b46b68ffc68ff99b453c1d304134@1',
    subject: 'model:cleveland/heart-risk@1',
    part: 'answer',
    private: { text: 'No patient is in both: the identifiers were compared before the split.', evidenceDigest: sha256 },
  },
  createAmendment: {
    record: 'dataset:cleveland/heart-disease@1',
    field: 'storageLocation',
    reasonCode: 'typo',
    private: { earlier: 's3://cardiolgy/heart-disease', corrected: 's3://cardiology/heart-disease' },
  },
  createDisclosureRequest: {
    addressee: 'cleveland',
    deadline: '2026-04-06T00:00:00.000Z',
    served: 'ledger',
    private: {
      record: 'model:cleveland/heart-risk@1',
      fields: ['intendedPurpose', 'hyperparameters'],
      legalBasis: 'Regulation (EU) 2024/1689, Article 74(12)',
    },
  },
  disclose: {
    request: 'disclosure-request:regulator/d4735e3a265e16eee03f59718b9b5d03@1',
    refused: [{ field: 'hyperparameters', reasonCode: 'trade-secret' }],
  },
  createSignOff: {
    model: 'model:cleveland/heart-risk@1',
    role: 'clinical-safety',
    private: {
      outcome: 'approved',
      purpose: 'triage',
      printedName: 'Clinical safety officer 7',
      title: 'Clinical safety officer',
      meaning: 'approved',
      authentication: 'smart-card-pin',
      readDigest: sha256,
    },
  },
  createWaiver: {
    model: 'model:cleveland/heart-risk@1',
    requirement: 'robustness',
    until: '2027-12-31T00:00:00.000Z',
    private: {
      reason: 'The robustness audit is under way.',
      compensatingControl: 'Each output is confirmed by a physician.',
    },
  },
  createDeployment: {
    model: 'model:cleveland/heart-risk@1',
    endpoint: 'triage',
    mode: 'canary',
    share: '0.05',
    decision: `release-decision:cleveland/6b86b273ff34fce19d6b804eff5a3f57@1`,
    private: { configurationDigest: sha256, decisionThreshold: '0.5' },
  },
  stopDeployment: { effectiveAt: '2026-05-01T08:00:00.000Z' },
  rollBackDeployment: { returnedTo: 'model:cleveland/heart-risk@1' },
  requestRelease: {
    model: 'model:cleveland/heart-risk@1',
    purpose: 'triage',
    attestations: ['attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1'],
  },
  transitionReleaseDecision: { to: 'withdrawn', reasonCode: 'new-evidence' },
  transitionDeployment: { to: 'ended' },
  verifyReleaseDecision: {
    size: 1,
    fields: [{ name: 'purpose', salt: sha256, value: 'triage', index: 0, path: [] }],
  },
  verifyDeployment: {
    size: 1,
    fields: [{ name: 'decisionThreshold', salt: sha256, value: '0.5', index: 0, path: [] }],
  },
  trace: { endpoint: 'triage', at: '2026-05-01T08:00:00.000Z', knownAt: '2026-06-01' },
  addReceipts: {
    receipts: [
      {
        receipt: {
          schema: 1,
          id: '0123456789abcdef'.repeat(2),
          site: 'cleveland',
          endpoint: 'triage',
          sequence: 1,
          at: '2026-05-01T08:00:00.000Z',
          model: sha256,
          input: sha256,
          output: sha256,
        },
        signature: 'MEQCIA==',
        certificate: '-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n(the signer’s, of this site)',
      },
    ],
  },
  createProposal: {
    change: {
      kind: 'policy',
      policy: 'policy:consortium/minimum@1',
      scope: 'consortium',
      requirements: [{ name: 'fairness', requires: 'attestation', kind: 'fairness', maximalAge: 'P365D' }],
    },
    deadline: '2026-06-01T00:00:00.000Z',
  },
  transitionProposal: { to: 'carried' },
  createVote: { proposal: 'proposal:regulator/3fdba35f04dc8c462986c992bcf87554@1', choice: 'yes' },
  transitionDataset: { to: 'flagged', reasonCode: 'consent-withdrawn', revision: 1 },
  transitionGrant: { to: 'revoked', reasonCode: 'agreement-ended' },
  transitionPlan: { to: 'superseded', reasonCode: 'newer-version' },
  transitionModel: { to: 'deprecated', reasonCode: 'newer-version' },
  transitionAttestation: { to: 'revoked', reasonCode: 'evidence-error' },
  transitionPolicy: { to: 'superseded' },
  transitionDisputeStatement: { to: 'revoked', reasonCode: 'new-figures' },
  transitionResponse: { to: 'superseded', reasonCode: 'new-figures' },
  transitionIncident: { to: 'reported', reasonCode: 'report-sent' },
  transitionDispute: { to: 'upheld' },
  transitionDisclosureRequest: { to: 'overdue' },
  transitionSignOff: { to: 'revoked', reasonCode: 'new-findings' },
  transitionWaiver: { to: 'active', reasonCode: 'second-approval' },
  verifyDataset: { files },
  verifyModel: { files: [{ path: 'model.json', sha256 }] },
  verifyGrant: { size: 1, fields: [{ name: 'terms', salt: sha256, value: 'none', index: 0, path: [] }] },
  verifyPlan: { size: 1, fields: [{ name: 'seed', salt: sha256, value: '42', index: 0, path: [] }] },
  verifyAttestation: presented,
  verifyResponse: { size: 1, fields: [{ name: 'position', salt: sha256, value: 'accepts', index: 0, path: [] }] },
  verifyIncident: { size: 1, fields: [{ name: 'description', salt: sha256, value: 'none', index: 0, path: [] }] },
  verifyDispute: { size: 1, fields: [{ name: 'reason', salt: sha256, value: 'none', index: 0, path: [] }] },
  verifyDisputeStatement: {
    size: 2,
    fields: [{ name: 'text', salt: sha256, value: 'none', index: 1, path: [sha256] }],
  },
  verifyAmendment: {
    size: 2,
    fields: [{ name: 'corrected', salt: sha256, value: 's3://cardiology/heart-disease', index: 0, path: [sha256] }],
  },
  verifyDisclosureRequest: {
    size: 1,
    fields: [{ name: 'fields', salt: sha256, value: ['intendedPurpose'], index: 0, path: [] }],
  },
  verifyDisclosure: {
    size: 1,
    fields: [{ name: 'record', salt: sha256, value: 'model:cleveland/heart-risk@1', index: 0, path: [] }],
  },
  verifySignOff: { size: 1, fields: [{ name: 'outcome', salt: sha256, value: 'approved', index: 0, path: [] }] },
  verifyWaiver: { size: 1, fields: [{ name: 'reason', salt: sha256, value: 'none', index: 0, path: [] }] },
};

export const pathExamples: Record<string, string> = {
  org: 'cleveland',
  name: 'heart-disease',
  version: '1',
  id: sha256,
};
