import { withComputed } from '@proofward/evidence';
import { hash } from 'node:crypto';

// The private parts of records, of a size as people make them; each digest in them is another one.

/** SHA-256 of a name: always the same digest, and another one for each name. */
export const digestOf = (name: string): string => hash('sha256', name);

const file = (of: string, path: string, size: number) => ({ path, size, sha256: digestOf(`${of} ${path}`) });

export function datasetValues(id: string): Record<string, unknown> {
  return {
    files: [file(id, 'patients.csv', 18_461), file(id, 'visits.parquet', 1_204_224)],
    samples: { root: digestOf(`${id} samples`), count: 303 },
    schemaDigest: digestOf(`${id} schema`),
    storageLocation: `s3://records/${id}`,
    licence: 'CC BY 4.0',
    legalBasis: 'GDPR 9(2)(j)',
    groupSizes: [
      { attribute: 'sex', group: 'female', count: 97 },
      { attribute: 'sex', group: 'male', count: 206 },
    ],
  };
}

/** The root of a model version's weights, as its private part has it. */
export const weightsOf = (model: string): string => digestOf(`${model} weights`);

export function modelValues(id: string): Record<string, unknown> {
  return {
    fingerprint: {
      files: [file(id, 'model.safetensors', 438_012_928), file(id, 'config.json', 1_820)],
      manifest: { root: weightsOf(id) },
    },
    intendedPurpose: 'Says which patients a cardiologist should see first.',
    trainingRunId: digestOf(`${id} run`).slice(0, 32),
    hyperparameters: { learningRate: '0.0003', epochs: 12, batchSize: 64, optimizer: 'adamw' },
    codeCommit: digestOf(`${id} commit`).slice(0, 40),
    environmentDigest: digestOf(`${id} environment`),
    responsibleTeam: 'cardiology',
    modelCardDigest: digestOf(`${id} card`),
  };
}

const counts = withComputed('fairness', {
  verdict: { claimed: 'pass' },
  criteria: [{ metric: 'demographic_parity_ratio', gate: 'bound95', threshold: '0.8' }],
  evidence: {
    form: 'confusion-counts',
    groups: [
      { group: { sex: 'female' }, tp: 820, fp: 130, fn: 90, tn: 1960 },
      { group: { sex: 'male' }, tp: 700, fp: 150, fn: 110, tn: 1840 },
    ],
  },
});

export function attestationValues(id: string, kind: 'fairness' | 'robustness' | 'safety'): Record<string, unknown> {
  const common = { evidenceDigest: digestOf(`${id} evidence`), reportLocation: `s3://reports/${id}` };
  return kind === 'fairness' ? { ...counts, ...common } : { verdict: { claimed: 'pass' }, ...common };
}

export function signOffValues(id: string): Record<string, unknown> {
  return {
    outcome: 'approved',
    purpose: 'triage',
    printedName: 'Q. A.',
    title: 'Head of quality',
    meaning: 'approved',
    authentication: 'badge-and-pin',
    readDigest: digestOf(`${id} read`),
  };
}

/** What a site asks of whatever it runs. */
export const requirements = [
  { name: 'fair', requires: 'attestation', kind: 'fairness' },
  { name: 'safe', requires: 'attestation', kind: 'safety' },
  { name: 'signed', requires: 'sign-off', role: 'qa' },
];

export function decisionValues(
  id: string,
  policies: readonly string[],
  attestations: readonly string[],
  signOffs: readonly string[],
): Record<string, unknown> {
  const [fair = '', , safe = ''] = attestations;
  const [signed = ''] = signOffs;
  const [policy = ''] = policies;
  const until = '2030-01-01T00:00:00.000Z';
  return {
    purpose: 'triage',
    evidence: attestations.map((attestation) => ({
      attestation,
      presentation: digestOf(`${id} ${attestation}`),
    })),
    signOffs,
    waivers: [],
    requirements: [
      { policy, name: 'fair', result: 'met', records: [fair], until },
      { policy, name: 'safe', result: 'met', records: [safe], until },
      { policy, name: 'signed', result: 'met', records: [signed] },
    ],
    until,
  };
}
