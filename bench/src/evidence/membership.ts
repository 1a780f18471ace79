import { SampleTreeBuilder, verifySample } from '@proofward/evidence';
import { type Figure, figure, timed } from '../measure.js';
import { report } from '../report.js';

const samples = 1_000_000;
const proved = 777_777;

/** A patient of a table: ten fields, some 130 bytes. */
function record(index: number): Record<string, unknown> {
  return {
    id: index,
    age: 29 + (index % 49),
    sex: index % 3 === 0 ? 'female' : 'male',
    postcode: String(80_000 + (index % 9973)),
    diagnosis: `I25.${index % 10}`,
    chestPain: 1 + (index % 4),
    bloodPressure: 94 + (index % 107),
    cholesterol: 126 + (index % 439),
    oldpeak: (index % 63) / 10,
    disease: index % 2 === 0,
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
