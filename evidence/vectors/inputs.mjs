import { disputeName } from '@proofward/evidence';

/** The fixed inputs of the vectors. The commitment key is in public: it protects nothing and must never be used. */
const hex = (byte) => byte.repeat(32);

export const channel = 'proofward';
export const enrollmentId = '5f6c7a1b9e0d4c3f8a2b1c0d9e8f7a6b';
export const commitmentKey = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

const members = { auditors: ['auditor-a', 'auditor-b'], regulators: ['regulator'] };

export const consortium = {
  channel,
  verdictVisibility: 'members',
  organizations: [
    { slug: 'cleveland', mspId: 'ClevelandMSP', role: 'provider', status: 'active', epochs: [members] },
    {
      slug: 'hungarian',
      mspId: 'HungarianMSP',
      role: 'provider',
      status: 'active',
      epochs: [{ auditors: ['auditor-b'], regulators: ['regulator'] }, members],
    },
    { slug: 'auditor-a', mspId: 'AuditorAMSP', role: 'auditor', status: 'active', epochs: [] },
    { slug: 'auditor-b', mspId: 'AuditorBMSP', role: 'auditor', status: 'active', epochs: [] },
    { slug: 'regulator', mspId: 'RegulatorMSP', role: 'regulator', status: 'active', epochs: [] },
  ],
};

const sample = { root: hex('5a'), count: 303 };

/** For each type: who writes what, the header's own members, the private values, and one later change of state. */
export const records = {
  dataset: {
    id: 'dataset:cleveland/heart-disease@1.0.0',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-01-31T12:00:00.000Z', effectiveAt: '2026-01-30T08:15:00.000Z', late: true },
    publicFields: { parents: ['dataset:cleveland/heart-disease-raw@2025-12'] },
    values: {
      files: [
        { path: 'processed.cleveland.csv', size: 18461, sha256: hex('a1') },
        { path: 'README.md', size: 1024, sha256: hex('a2') },
      ],
      digestOrigin: 'native',
      samples: sample,
      storageLocation: 's3://cleveland-research/heart/1.0.0/',
      legalBasis: 'GDPR Art. 9(2)(j)',
      collectionPeriod: { from: '1981-05-01T00:00:00.000Z', to: '1984-09-30T00:00:00.000Z' },
      groupSizes: [
        { attribute: 'sex', group: 'female', count: 97 },
        { attribute: 'sex', group: 'male', count: 206 },
      ],
      // Key order by UTF-16 code units, text outside ASCII and outside the BMP, and numbers that are not integers.
      rai: { 'rai:zeta': [0.1, 1e-7, -0, 100], 'rai:alpha': 'Größe “♥” 𝄞', '\u20ac': null, '\ufb33': true, '😀': {} },
    },
    shown: ['samples'],
    createdTx: hex('d1'),
    position: { block: 17, transaction: 3 },
    change: { to: 'flagged', reasonCode: 'label-errors', recordedAt: '2026-02-10T09:30:00.000Z', salt: hex('e1') },
  },
  model: {
    id: 'model:cleveland/heart-risk@1.1.0',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-02-01T07:00:00.250Z', effectiveAt: '2026-02-01T07:00:00.250Z' },
    publicFields: {
      parents: [{ id: 'model:cleveland/heart-risk@1.0.0', relation: 'fine-tuned' }],
      datasets: [
        { id: 'dataset:cleveland/heart-disease@1.0.0', role: 'training' },
        { id: 'dataset:cleveland/heart-disease-holdout@1.0.0', role: 'testing' },
      ],
      purpose: 'triage-support',
    },
    values: {
      fingerprint: {
        files: [{ path: 'model.safetensors', size: 48213, sha256: hex('b1') }],
        manifest: { root: hex('b2'), statement: hex('b3') },
      },
      intendedPurpose: 'Ranks referrals for echocardiography. Not for diagnosis.',
      trainingRunId: 'run-2026-01-31-007',
      hyperparameters: { layers: [13, 16, 1], learningRate: 0.001, seed: 9007199254740991 },
      codeCommit: '7b1f0d2c9f1f3b6a5b9e2d6b9f1d7c1e0a4c5d8e',
      triggeredBy: 'u-4711',
      differentialPrivacy: { mechanism: 'dp-sgd', epsilon: '2.594817672', delta: '0.00001', steps: 14040 },
    },
    shown: ['fingerprint'],
    createdTx: hex('d2'),
    position: { block: 18, transaction: 0 },
    change: { to: 'deprecated', reasonCode: 'replaced', recordedAt: '2026-06-01T00:00:00.000Z', salt: hex('e2') },
  },
  grant: {
    id: 'grant:cleveland/2c26b46b68ffc68ff99b453c1d304134@1',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-02-02T10:00:00.000Z', effectiveAt: '2026-02-01T00:00:00.000Z', late: true },
    publicFields: {
      dataset: 'dataset:cleveland/heart-disease@1.0.0',
      grantee: 'hungarian',
      purpose: 'triage-support',
      until: '2028-01-31T00:00:00.000Z',
    },
    values: { terms: 'Research on triage; no re-identification, no transfer.', agreementDigest: hex('f1') },
    shown: ['terms'],
    createdTx: hex('d5'),
    position: { block: 19, transaction: 2 },
    change: { to: 'revoked', reasonCode: 'agreement-ended', recordedAt: '2027-02-01T00:00:00.000Z', salt: hex('e5') },
  },
  plan: {
    id: 'plan:auditor-a/fcde2b2edba56bf408601fb721fe9b5c@1',
    author: 'AuditorAMSP',
    times: { recordedAt: '2026-02-02T16:00:00.000Z', effectiveAt: '2026-02-02T16:00:00.000Z' },
    publicFields: { subject: 'model:cleveland/heart-risk@1.1.0', kind: 'fairness' },
    values: {
      criteria: [{ metric: 'equal_opportunity_difference', gate: 'bound95', threshold: '0.1' }],
      dataset: 'dataset:cleveland/heart-disease-holdout@1.0.0',
      sensitiveFeatures: ['sex'],
      minimumGroupSize: 30,
      decisionThreshold: '0.5',
      seed: '20260202',
    },
    shown: ['criteria'],
    createdTx: hex('d6'),
    position: { block: 20, transaction: 0 },
    change: { to: 'superseded', reasonCode: 'newer-plan', recordedAt: '2026-02-20T08:00:00.000Z', salt: hex('e6') },
  },
  attestation: {
    id: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1',
    author: 'AuditorAMSP',
    times: { recordedAt: '2026-02-03T16:45:12.000Z', effectiveAt: '2026-02-03T16:40:00.000Z' },
    publicFields: {
      subject: 'model:cleveland/heart-risk@1.1.0',
      kind: 'fairness',
      validUntil: '2027-02-03T00:00:00.000Z',
    },
    values: {
      verdict: { claimed: 'pass' },
      dataset: 'dataset:cleveland/heart-disease-holdout@1.0.0',
      sensitiveFeatures: ['sex'],
      decisionThreshold: '0.5',
      evidence: {
        form: 'confusion-counts',
        groups: [
          { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
          { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
        ],
      },
      metrics: [{ name: 'demographic_parity_ratio', value: '0.9586466165', lower: '0.898747925', n: 5800 }],
      evidenceDigest: hex('c1'),
    },
    shown: ['verdict'],
    createdTx: hex('d3'),
    position: { block: 21, transaction: 11 },
    change: { to: 'revoked', reasonCode: 'evidence-error', recordedAt: '2026-03-01T10:00:00.000Z', salt: hex('e3') },
  },
  policy: {
    id: 'policy:cleveland/heart-risk-release@2',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-02-05T09:00:00.000Z', effectiveAt: '2026-02-05T09:00:00.000Z' },
    publicFields: {
      scope: 'vendor',
      line: 'heart-risk',
      replaces: 'policy:cleveland/heart-risk-release@1',
      requirements: [
        {
          name: 'fair-by-sex',
          requires: 'attestation',
          kind: 'fairness',
          criteria: [
            { metric: 'equal_opportunity_difference', by: ['sex'], gate: 'bound95', threshold: '0.1' },
            { metric: 'roc_auc_score', gate: 'point', threshold: '0.8', direction: 'at-least' },
          ],
          maximalAge: 'P365D',
          attesters: 2,
          inconclusive: 'refuse',
        },
        { name: 'safe-at-site', waivable: true, requires: 'sign-off', role: 'clinical-safety' },
      ],
    },
    createdTx: hex('d7'),
    position: { block: 22, transaction: 0 },
    change: { to: 'superseded', recordedAt: '2026-09-01T08:00:00.000Z' },
  },
  response: {
    id: 'response:cleveland/fcde2b2edba56bf408601fb721fe9b5c@1',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-02-09T10:00:00.000Z', effectiveAt: '2026-02-09T10:00:00.000Z' },
    publicFields: { attestation: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1' },
    values: {
      position: 'contests',
      text: 'The holdout has 97 women, too few for the bound that was chosen.',
      evidenceDigest: hex('a9'),
    },
    shown: ['position'],
    createdTx: hex('d9'),
    position: { block: 24, transaction: 0 },
    change: { to: 'superseded', reasonCode: 'new-figures', recordedAt: '2026-03-02T10:00:00.000Z', salt: hex('e9') },
  },
  incident: {
    id: 'incident:regulator/c1cb6e8d4b0f3a9e2d7f5a6b8c9d0e1f@1',
    author: 'RegulatorMSP',
    times: { recordedAt: '2026-03-05T10:00:00.000Z', effectiveAt: '2026-03-05T10:00:00.000Z' },
    publicFields: { subjects: ['model:cleveland/heart-risk@1.1.0'], severity: 'serious' },
    values: {
      awareAt: '2026-03-04T22:15:00.000Z',
      reportDue: '2026-03-19T22:15:00.000Z',
      description: 'Referrals of one ward were ranked by a version that was not released there.',
      timeline: [{ at: '2026-03-01T06:00:00.000Z', what: 'First output by the other version.' }],
    },
    shown: ['awareAt'],
    createdTx: hex('da'),
    position: { block: 25, transaction: 0 },
    change: { to: 'reported', reasonCode: 'report-sent', recordedAt: '2026-03-10T10:00:00.000Z', salt: hex('ea') },
  },
  dispute: {
    id: `dispute:auditor-b/${disputeName('attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1')}@1`,
    author: 'AuditorBMSP',
    times: { recordedAt: '2026-03-06T10:00:00.000Z', effectiveAt: '2026-03-06T10:00:00.000Z' },
    publicFields: {
      record: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1',
      subject: 'model:cleveland/heart-risk@1.1.0',
      deadline: '2026-04-06T00:00:00.000Z',
    },
    values: { reason: 'The holdout shares patients with the training data.', evidenceDigest: hex('aa') },
    shown: ['evidenceDigest'],
    createdTx: hex('db'),
    position: { block: 26, transaction: 0 },
    change: { to: 'withdrawn', reasonCode: 'settled', recordedAt: '2026-03-20T10:00:00.000Z', salt: hex('eb') },
  },
  'sign-off': {
    id: 'sign-off:hungarian/b5bb9d8014a0f9b1d61e21e796d78dcc@1',
    author: 'HungarianMSP',
    times: { recordedAt: '2026-02-05T09:12:30.000Z', effectiveAt: '2026-02-05T09:10:00.000Z' },
    publicFields: { model: 'model:cleveland/heart-risk@1.1.0', role: 'clinical-safety' },
    values: {
      outcome: 'approved',
      purpose: 'triage-support',
      printedName: 'Clinical safety officer 7',
      title: 'Clinical safety officer',
      meaning: 'approved',
      authentication: 'smart-card-pin',
      readDigest: hex('a7'),
    },
    shown: ['outcome', 'purpose'],
    createdTx: hex('d7'),
    position: { block: 22, transaction: 0 },
    change: { to: 'revoked', reasonCode: 'new-findings', recordedAt: '2026-04-01T08:00:00.000Z', salt: hex('e7') },
  },
  waiver: {
    id: 'waiver:hungarian/7d865e959b2466918c9863afca942d0f@1',
    author: 'HungarianMSP',
    times: { recordedAt: '2026-02-06T11:00:00.000Z', effectiveAt: '2026-02-06T11:00:00.000Z' },
    publicFields: {
      model: 'model:cleveland/heart-risk@1.1.0',
      requirement: 'robustness',
      until: '2026-08-06T00:00:00.000Z',
    },
    values: {
      reason: 'The robustness audit is under way.',
      compensatingControl: 'Each output is confirmed by a physician.',
      assessmentDigest: hex('a8'),
    },
    shown: ['compensatingControl'],
    createdTx: hex('d8'),
    position: { block: 23, transaction: 1 },
    change: { to: 'active', reasonCode: 'second-approval', recordedAt: '2026-02-07T08:00:00.000Z', salt: hex('e8') },
  },
  'release-decision': {
    id: 'release-decision:hungarian/6b86b273ff34fce19d6b804eff5a3f57@1',
    author: 'HungarianMSP',
    times: { recordedAt: '2026-02-10T09:00:00.000Z', effectiveAt: '2026-02-10T09:00:00.000Z' },
    publicFields: {
      model: 'model:cleveland/heart-risk@1.1.0',
      policies: ['policy:cleveland/heart-risk-release@2'],
      outcome: 'allowed',
    },
    values: {
      purpose: 'triage-support',
      evidence: [{ attestation: 'attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1', presentation: hex('c2') }],
      signOffs: [],
      waivers: ['waiver:hungarian/d4735e3a265e16eee03f59718b9b5d03@1'],
      requirements: [
        {
          policy: 'policy:cleveland/heart-risk-release@2',
          name: 'fair-by-sex',
          result: 'met',
          records: ['attestation:auditor-a/9f86d081884c7d659a2feaa0c55ad015@1'],
          until: '2027-02-03T00:00:00.000Z',
        },
        {
          policy: 'policy:cleveland/heart-risk-release@2',
          name: 'safe-at-site',
          result: 'waived',
          records: ['waiver:hungarian/d4735e3a265e16eee03f59718b9b5d03@1'],
          until: '2026-06-30T00:00:00.000Z',
        },
      ],
      until: '2026-06-30T00:00:00.000Z',
    },
    shown: ['purpose'],
    createdTx: hex('d8'),
    position: { block: 23, transaction: 1 },
    change: { to: 'withdrawn', reasonCode: 'new-evidence', recordedAt: '2026-03-01T08:00:00.000Z', salt: hex('e8') },
  },
  deployment: {
    id: 'deployment:hungarian/4e07408562bedb8b60ce05c1decfe3ad@1',
    author: 'HungarianMSP',
    times: { recordedAt: '2026-02-11T06:00:00.500Z', effectiveAt: '2026-02-11T06:00:00.000Z' },
    publicFields: {
      model: 'model:cleveland/heart-risk@1.1.0',
      endpoint: 'triage',
      mode: 'canary',
      share: '0.05',
      decision: 'release-decision:hungarian/6b86b273ff34fce19d6b804eff5a3f57@1',
      from: '2026-02-11T06:00:00.000Z',
    },
    values: {
      configurationDigest: hex('c3'),
      imageDigest: hex('c4'),
      decisionThreshold: '0.5',
      hardware: 'one CPU, no accelerator',
    },
    shown: ['decisionThreshold'],
    createdTx: hex('d9'),
    position: { block: 24, transaction: 0 },
    change: { to: 'ended', reasonCode: 'next-version', recordedAt: '2026-04-01T08:00:00.000Z', salt: hex('e9') },
  },
  batch: {
    id: 'batch:hungarian/4b227777d4dd1fc61c6f884f48641d02@1',
    author: 'HungarianMSP',
    times: { recordedAt: '2026-02-11T06:05:02.000Z', effectiveAt: '2026-02-11T06:05:00.000Z' },
    publicFields: {
      endpoint: 'triage',
      kind: 'receipts',
      window: { from: '2026-02-11T06:00:00.000Z', to: '2026-02-11T06:05:00.000Z' },
      first: 8,
      last: 12,
      count: 4,
      missing: [{ first: 10, last: 10 }],
      root: hex('b1'),
      previous: 'batch:hungarian/ef2d127de37b942baad06145e54b0c61@1',
    },
    createdTx: hex('da'),
    position: { block: 25, transaction: 0 },
    change: { to: 'recorded', recordedAt: '2026-02-11T06:05:02.000Z' },
  },
  role: {
    id: 'role:hungarian/membership@1',
    author: 'ClevelandMSP',
    times: { recordedAt: '2026-01-15T06:00:00.000Z', effectiveAt: '2026-01-15T06:00:00.000Z' },
    createdTx: hex('d4'),
    position: { block: 4, transaction: 1 },
    change: { to: 'suspended', recordedAt: '2026-05-05T05:05:05.005Z' },
  },
};

/** The inputs of the well-known tree of eight leaves. */
export const merkleInputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
