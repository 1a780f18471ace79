import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintFiles, modelManifest } from '@proofward/client/files';
import { several } from '../narrator.js';
import { decisionThreshold, hyperparameters, RiskModel } from '../risk-model.js';
import type { Cast, Story } from './cast.js';
import type { DatasetPart, HospitalData } from './data.js';

/** A registered model version. */
export interface Version {
  id: string;
  /** Its name in all versions. */
  line: string;
  version: string;
  /** The weights' file, and its folder. */
  file: string;
  folder: string;
  /** Model Signing's root over it. */
  root: string;
}

export const purpose = 'triage';

/** The first version is trained on the vendor's own data alone. */
export async function trainOnOwn(story: Story, cast: Cast, data: readonly HospitalData[]): Promise<Version> {
  const { tell, parties } = story;
  const { vendor } = cast;
  const training = data.filter(({ slug }) => slug === vendor).flatMap((hospital) => hospital.training ?? []);
  const weights = await train(story, vendor, '1', training);
  await tell.refused(
    'GRANT_REQUIRED',
    () => register(story, vendor, weights, training, data, []),
    `${vendor} cannot register it yet: it is to be tested on what other hospitals own, and they have granted nothing`,
  );
  const grants: string[] = [];
  for (const { slug, holdout } of data.filter(({ slug }) => slug !== vendor)) {
    grants.push(await grant(story, slug, holdout, vendor, 'Tests of models for triage.'));
  }
  tell.say(`${several(grants.length, 'hospital grants', 'hospitals grant')} it, each for its part that is held out.`);
  const version = await register(story, vendor, weights, training, data, grants);
  const verified = await parties.as(vendor, 'reader').models.verify(version.id, { root: version.root });
  tell.that(
    verified.result === 'match',
    `${version.id} is a logistic regression on ${several(countOf(training), 'person', 'people')}; its weights have the fingerprint ${version.root.slice(0, 16)}…`,
  );
  return version;
}

/** The second one also on the partner's. */
export async function trainOnBoth(story: Story, cast: Cast, data: readonly HospitalData[]): Promise<Version> {
  const { vendor, partner } = cast;
  const training = data.flatMap((hospital) => hospital.training ?? []);
  const weights = await train(story, vendor, '2', training);
  const grants: string[] = [];
  for (const { slug, training: part, holdout } of data.filter(({ slug }) => slug !== vendor)) {
    grants.push(await grant(story, slug, holdout, vendor, 'Tests of the second version.'));
    if (part !== undefined) grants.push(await grant(story, slug, part, vendor, 'Training of the second version.'));
  }
  const version = await register(story, vendor, weights, training, data, grants);
  story.tell.say(
    `${partner} grants its part for training. ${version.id} is trained on ${several(countOf(training), 'person', 'people')} of ${vendor} and ${partner}.`,
  );
  return version;
}

async function train({ folder }: Story, vendor: string, version: string, parts: readonly DatasetPart[]) {
  const from = new Date().toISOString();
  const model = RiskModel.train(parts.flatMap(({ patients }) => patients));
  const place = join(folder, vendor, `heart-risk-${version}`);
  await mkdir(place, { recursive: true });
  const file = join(place, 'weights.json');
  await writeFile(file, model.toBytes());
  return { version, folder: place, file, period: { from, to: new Date().toISOString() } };
}

async function register(
  { parties, run }: Story,
  vendor: string,
  { version, folder, file, period }: Awaited<ReturnType<typeof train>>,
  training: readonly DatasetPart[],
  data: readonly HospitalData[],
  grants: string[],
): Promise<Version> {
  const files = await fingerprintFiles(folder);
  const manifest = await modelManifest(files);
  const line = `heart-risk-${run}`;
  const { record } = await parties.as(vendor, 'ml-engineer').models.create({
    name: line,
    version,
    purpose,
    datasets: [
      ...training.map(({ id }) => ({ id, role: 'training' as const })),
      ...data.map(({ holdout }) => ({ id: holdout.id, role: 'testing' as const })),
    ],
    ...(grants.length === 0 ? {} : { grants }),
    private: {
      fingerprint: { files, manifest },
      intendedPurpose: 'Shows the way of a model; not meant for patients.',
      trainingRunId: `${run}-${version}`,
      trainingPeriod: period,
      hyperparameters: { kind: 'logistic-regression', ...hyperparameters, decisionThreshold },
      responsibleTeam: `${vendor}, cardiology`,
    },
  });
  return { id: record.id, line, version, file, folder, root: manifest.root };
}

async function grant({ parties }: Story, owner: string, part: DatasetPart, grantee: string, terms: string) {
  const { record } = await parties
    .as(owner, 'data-steward')
    .grants.create({ dataset: part.id, grantee, purpose, private: { terms } });
  return record.id;
}

function countOf(parts: readonly DatasetPart[]): number {
  return parts.reduce((sum, { patients }) => sum + patients.length, 0);
}
