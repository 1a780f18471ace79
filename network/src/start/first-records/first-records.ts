import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fingerprintFiles } from '@proofward/client/files';
import { canonicalJson } from '@proofward/evidence';
import { makeFolder } from '../../state/files.js';
import type { Stack } from '../stack.js';
import { auditFairness } from './audit.js';
import { trainModel } from './model.js';
import { dataFile, dataOwners, readSamples, type Sample, sexOf } from './samples.js';

/** The ids of the records that every start makes sure of. */
export interface FirstRecords {
  datasets: string[];
  model: string;
  attestation: string;
  /** The block that has the last of them. */
  block: number;
  /** How many of them were not there yet. */
  created: number;
}

const attestationName = createHash('sha256').update('heart-risk fairness by sex').digest('hex').slice(0, 32);

/**
 * One record of each kind from real input: the hospitals' files, a model made from the first one, and an auditor's
 * measurement of it. Recording the same again changes nothing, so a second start finds everything as it was.
 */
export async function makeFirstRecords(stack: Stack): Promise<FirstRecords> {
  const owners = dataOwners.filter((slug) =>
    stack.network.organizations.some((organization) => organization.slug === slug),
  );
  const [trainer] = owners;
  const auditor = stack.network.organizations.find(({ role }) => role === 'auditor');
  if (trainer === undefined || auditor === undefined)
    throw new Error('the consortium has no hospital of the example or no auditor');

  let created = 0;
  const count = <Answer extends { replay: boolean }>(answer: Answer): Answer => {
    if (!answer.replay) created += 1;
    return answer;
  };
  const datasets: string[] = [];
  for (const slug of owners) {
    const { record } = count(await stack.client(slug, 'data-steward').datasets.create(await datasetOf(slug)));
    datasets.push(record.id);
  }

  const samples = await readSamples(trainer);
  const model = trainModel(samples);
  const weights = join(stack.network.stateDir, 'example', 'heart-risk.json');
  await makeFolder(join(weights, '..'));
  await writeFile(weights, canonicalJson(model));
  const datasetId = `dataset:${trainer}/heart-disease@1`;
  const { record: modelRecord } = count(
    await stack.client(trainer, 'ml-engineer').models.create({
      name: 'heart-risk',
      version: '1',
      purpose: 'triage',
      datasets: [{ id: datasetId, role: 'training' }],
      private: {
        fingerprint: { files: await fingerprintFiles([weights]) },
        intendedPurpose: 'Shows the way of a record; not meant for patients.',
        hyperparameters: { kind: model.kind, features: model.features.length },
      },
    }),
  );

  const { record: attestation } = count(
    await stack.client(auditor.slug, 'auditor').attestations.create({
      id: `attestation:${auditor.slug}/${attestationName}@1`,
      subject: modelRecord.id,
      kind: 'fairness',
      private: auditFairness(model, datasetId, samples),
    }),
  );
  return { datasets, model: modelRecord.id, attestation: attestation.id, block: attestation.ledger.block, created };
}

async function datasetOf(slug: string) {
  const file = dataFile(slug);
  const samples = await readSamples(slug);
  return {
    name: 'heart-disease',
    version: '1',
    private: {
      files: await fingerprintFiles([file]),
      schemaDigest: createHash('sha256')
        .update(Object.keys(samples[0] ?? {}).join(','))
        .digest('hex'),
      storageLocation: `${slug}:/data/${basename(file)} (${(await stat(file)).size} bytes)`,
      licence: 'CC BY 4.0, UCI Machine Learning Repository, data set 45',
      groupSizes: groupSizes(samples),
    },
  };
}

function groupSizes(samples: readonly Sample[]) {
  return (['female', 'male'] as const).map((sex) => ({
    attribute: 'sex',
    group: sex,
    count: samples.filter((sample) => sexOf(sample) === sex).length,
  }));
}
