import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintFiles } from '@proofward/client/files';
import { describeSamples, readDatasetKey } from '@proofward/client/samples';
import { counted, several } from '../narrator.js';
import { dataFile, ill, isForTraining, of, type Patient, readPatients } from '../patients.js';
import type { Cast, Story } from './cast.js';

/** Committed to in each evaluation plan. */
export const seed = 'heart-disease-1';

/** A dataset's record and the people in it. */
export interface DatasetPart {
  id: string;
  file: string;
  patients: readonly Patient[];
}

export interface HospitalData {
  slug: string;
  whole: DatasetPart;
  /** Where a part of it is for training. */
  training?: DatasetPart;
  /** What no model is trained on. */
  holdout: DatasetPart;
}

/** Each hospital registers its file; vendor and partner also the parts for training and for testing. */
export async function registerData(story: Story, cast: Cast): Promise<HospitalData[]> {
  const { tell } = story;
  const all: HospitalData[] = [];
  for (const slug of cast.hospitals) {
    const { head, patients } = await readPatients(slug);
    const whole = await register(story, slug, 'whole', dataFile(slug), patients);
    const [women, men] = [of(patients, 'female'), of(patients, 'male')];
    tell.say(
      `${slug} registers ${several(patients.length, 'record')} as ${whole.id}: ${women.length} women, ${ill(women).length} of them ill, and ${men.length} men, ${ill(men).length} of them ill.`,
    );
    if (!cast.sites.includes(slug)) {
      all.push({ slug, whole, holdout: whole });
      continue;
    }
    const part = async (name: string, isTraining: boolean) => {
      const chosen = patients.filter((_, index) => isForTraining(seed, slug, index) === isTraining);
      const file = join(story.folder, slug, `${name}.csv`);
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, `${[head, ...chosen.map(({ line }) => line)].join('\n')}\n`);
      return await register(story, slug, name, file, chosen, whole.id);
    };
    const training = await part('training', true);
    const holdout = await part('holdout', false);
    all.push({ slug, whole, training, holdout });
  }
  const everybody = all.flatMap(({ whole }) => whole.patients);
  const share = (sex: 'female' | 'male') => ill(of(everybody, sex)).length / of(everybody, sex).length;
  tell.say(
    `Together ${percent(share('female'))} of the women are ill, and ${percent(share('male'))} of the men. Who asks that as many women as men are told that they are ill asks for wrong answers.`,
  );
  await provesOneSample(story, cast, all);
  return all;
}

async function register(
  { parties, folder, run }: Story,
  slug: string,
  part: string,
  file: string,
  patients: readonly Patient[],
  parent?: string,
): Promise<DatasetPart> {
  await mkdir(join(folder, slug), { recursive: true });
  const key = await readDatasetKey(join(folder, slug, `${part}.key`), true);
  const { samples, schemaDigest, groupSizes } = await describeSamples([file], key, { protectedAttributes: ['sex'] });
  const { record } = await parties.as(slug, 'data-steward').datasets.create({
    name: part === 'whole' ? `heart-disease-${run}` : `heart-disease-${run}-${part}`,
    version: '1',
    ...(parent === undefined ? {} : { parents: [parent] }),
    private: {
      files: await fingerprintFiles([file]),
      digestOrigin: 'native',
      samples,
      schemaDigest,
      groupSizes,
      storageLocation: `${slug}:/research/heart-disease/${part}.csv`,
      licence: 'CC BY 4.0, UCI Machine Learning Repository, data set 45',
      legalBasis: 'Regulation (EU) 2016/679, Article 9(2)(j): scientific research',
      consent: 'De-identified at the source; may be used for training while the hospital does not withdraw it.',
      retention: 'P10Y',
      ...(part === 'whole' ? {} : { split: part === 'training' ? 'training' : 'testing' }),
    },
  });
  return { id: record.id, file, patients };
}

/** One sample is proved to be in the vendor's dataset, with nothing shown of the others, and an altered one is not. */
async function provesOneSample({ parties, tell, folder }: Story, { vendor, auditor }: Cast, data: HospitalData[]) {
  const found = data.find(({ slug }) => slug === vendor);
  if (found === undefined) return;
  const { whole } = found;
  const key = await readDatasetKey(join(folder, vendor, 'whole.key'));
  const { proved } = await describeSamples([whole.file], key, { prove: [0] });
  const [sample] = proved;
  if (sample === undefined) return;
  const reader = parties.as(auditor, 'reader').datasets;
  const { record, proof } = sample;
  const same = await reader.verify(whole.id, { sample: { ...proof, record } });
  const other = await reader.verify(whole.id, { sample: { ...proof, record: { ...record, age: '36' } } });
  tell.that(
    same.result === 'match' && other.result === 'mismatch',
    `${auditor} checks one record of ${vendor} with its path, and sees none of the other ${counted(whole.patients.length - 1)}: it matches. With another age it does not.`,
  );
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
