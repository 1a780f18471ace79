import { SampleTreeBuilder, verifySample } from '@proofward/evidence';
import { type Figure, figure, timed } from '../measure.js';
import { report } from '../report.js';

const samples = 1_000_000;
const proved = 777_777;

/** A patient of a table: ten fields, some 130 bytes, their members in order as the readers of CSV and Parquet files give them. */
function record(index: number): Record<string, unknown> {
  return {
    age: 29 + (index % 49),
    bloodPressure: 94 + (index % 107),
    chestPain: 1 + (index % 4),
    cholesterol: 126 + (index % 439),
    diagnosis: `I25.${index % 10}`,
    disease: index % 2 === 0,
    id: index,
    oldpeak: (index % 63) / 10,
    postcode: String(80_000 + (index % 9973)),
    sex: index % 3 === 0 ? 'female' : 'male',
  };
}

/** The root over a million salted samples and one proof, with the records' canonical forms, in one thread. */
export async function membershipBench(): Promise<Figure[]> {
  const builder = new SampleTreeBuilder(crypto.getRandomValues(new Uint8Array(32)), [proved]);
  const processor = process.cpuUsage();
  const milliseconds = await timed(() => {
    for (let index = 0; index < samples; index++) builder.add(record(index));
    const { proofs, ...tree } = builder.close();
    const [proof] = proofs;
    if (proof === undefined || !verifySample(tree, record(proved), proof)) throw new Error('the sample is not proved');
    return Promise.resolve();
  });
  const { user, system } = process.cpuUsage(processor);
  report(`membership: ${((user + system) / 1e6).toFixed(2)} s of processor time`);
  return [figure('membership.1e6.s', milliseconds / 1000, 's', { atMost: 10 })];
}
