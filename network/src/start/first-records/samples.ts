import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** The four hospitals' files that came with the project, with their attribution beside them. */
export const dataFolder = resolve(import.meta.dirname, '../../../../examples/heart-disease/data');

/** One person's record as the hospital's file has it; an empty cell is a missing value. */
export type Sample = Readonly<Record<string, number | undefined>>;

/** The organisations that own a file of the data set. */
export const dataOwners = ['cleveland', 'hungarian', 'switzerland', 'long-beach-va'] as const;

export function dataFile(slug: string): string {
  return join(dataFolder, `${slug}.csv`);
}

/** The samples of a hospital's file. Its cells are numbers or empty, so a line is split at its commas. */
export async function readSamples(slug: string): Promise<Sample[]> {
  const [head, ...lines] = (await readFile(dataFile(slug), 'utf8')).trim().split(/\r?\n/);
  const columns = (head ?? '').split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, numberOf(cells[index])]));
  });
}

export function sexOf(sample: Sample): 'female' | 'male' | undefined {
  return sample.sex === 0 ? 'female' : sample.sex === 1 ? 'male' : undefined;
}

/** Ill by the data set's own definition: a narrowing of more than half in one vessel, num 1 to 4. */
export function isIll(sample: Sample): boolean {
  return (sample.num ?? 0) > 0;
}

function numberOf(cell: string | undefined): number | undefined {
  return cell === undefined || cell === '' ? undefined : Number(cell);
}
