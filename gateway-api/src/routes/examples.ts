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
  transitionDataset: { to: 'flagged', reasonCode: 'consent-withdrawn', revision: 1 },
  transitionModel: { to: 'deprecated', reasonCode: 'newer-version' },
  transitionAttestation: { to: 'revoked', reasonCode: 'evidence-error' },
  verifyDataset: { files },
  verifyModel: { files: [{ path: 'model.json', sha256 }] },
  verifyAttestation: presented,
};

export const pathExamples: Record<string, string> = {
  org: 'cleveland',
  name: 'heart-disease',
  version: '1',
  id: sha256,
};
