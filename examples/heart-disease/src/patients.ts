import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The hospitals' files that came with the project, with their attribution beside them. */
const dataFolder = resolve(import.meta.dirname, '../data');

export const sexes = ['female', 'male'] as const;
export type Sex = (typeof sexes)[number];

/** One person's record. */
export interface Patient {
  sex: Sex;
  /** By the data set's own definition: a narrowing of more than half in one vessel, num 1 to 4. */
  isIll: boolean;
  /** Measurements by the columns' names; what was not measured is undefined. */
  values: Readonly<Record<string, number | undefined>>;
  /** The line of the hospital's file. */
  line: string;
}

export function dataFile(slug: string): string {
  return join(dataFolder, `${slug}.csv`);
}

/** The people of a hospital's file, and the line with the columns' names. Its cells are numbers or empty. */
export async function readPatients(slug: string): Promise<{ head: string; patients: Patient[] }> {
  const [head = '', ...lines] = (await readFile(dataFile(slug), 'utf8')).trim().split(/\r?\n/);
  const columns = head.split(',');
  const patients = lines.map((line) => {
    const cells = line.split(',');
    const values = Object.fromEntries(
      columns.map((column, index) => [column, cells[index] === '' ? undefined : Number(cells[index])]),
    );
    // Cholesterol of 0 stands for a value that is missing, at Switzerland for all.
    if (values.chol === 0) values.chol = undefined;
    return { sex: sexes[values.sex ?? 0] ?? 'female', isIll: (values.num ?? 0) > 0, values, line };
  });
  return { head, patients };
}

/** The part of the people on whom a model is trained; all others are held out, and it never sees them. */
const trainingShare = 0.4;

/** Whether a record is for training: by the seed alone, so that nobody chooses who is held out once it is committed to. */
export function isForTraining(seed: string, slug: string, index: number): boolean {
  const digest = createHash('sha256').update(`${seed}/${slug}/${index}`).digest();
  return digest.readUInt32BE(0) / 2 ** 32 < trainingShare;
}

export function of(patients: readonly Patient[], sex: Sex): Patient[] {
  return patients.filter((patient) => patient.sex === sex);
}

export function ill(patients: readonly Patient[]): Patient[] {
  return patients.filter(({ isIll }) => isIll);
}
