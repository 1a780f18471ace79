import { describe, expect, it } from '@jest/globals';
import { ProofwardError } from '../errors.js';
import { epsilonUpperBound, gaussianTrainingSchema } from './epsilon.js';

const training = (samplingRate: string, noiseMultiplier: string, steps: number, delta: string, samples = 1000) => ({
  samplingRate,
  noiseMultiplier,
  steps,
  delta,
  samples,
});

describe('the upper bound of epsilon', () => {
  // The published ones to their ten digits; the last two were computed with mpmath at 60 digits, and are rounded up.
  it.each([
    ['0.01', '1.1', 10_000, '0.00001', '5.654308000150', 5],
    ['0.01', '4', 10_000, '0.00001', '1.035490066037', 17],
    ['0.004', '1.3', 14_062, '0.00001', '1.853810889959', 11],
    // 256 of 60 000, rounded up.
    ['0.004266666666666667', '1.1', 14_040, '0.00001', '2.594817675236', 8],
    ['1', '10', 100, '0.000001', '5.222428660954', 6],
    ['0.05', '2', 2000, '0.000001', '6.541989522144', 5],
  ])('for q %s, sigma %s, %i steps and delta %s is %s at order %i', (q, sigma, steps, delta, epsilon, order) => {
    const found = epsilonUpperBound(training(q, sigma, steps, delta));
    expect([found.epsilon, found.order]).toEqual([epsilon, order]);
  });

  it('is that of the closed formula where every sample is in every step, rounded up', () => {
    const [sigma, steps, delta] = [10, 100, 1e-6];
    const { epsilon } = epsilonUpperBound(training('1', '10', steps, '0.000001'));
    const formula = Math.min(
      ...Array.from({ length: 255 }, (_, index) => {
        const a = index + 2;
        return (steps * a) / (2 * sigma ** 2) + Math.log(1 - 1 / a) - Math.log(delta * a) / (a - 1);
      }),
    );
    expect(Number(epsilon)).toBeCloseTo(formula, 11);
    expect(epsilon).toMatch(/^\d+\.\d{12}$/);
  });

  it('is never negative, and of little privacy it is large', () => {
    expect(epsilonUpperBound(training('0.000001', '1000000', 1, '0.9', 1)).epsilon).toBe('0.000000000000');
    expect(Number(epsilonUpperBound(training('1', '0.2', 1000, '0.00001')).epsilon)).toBeGreaterThan(1000);
  });

  it('grows with steps and sampling, and falls with noise', () => {
    const of = (q: string, sigma: string, steps: number) =>
      Number(epsilonUpperBound(training(q, sigma, steps, '0.00001')).epsilon);
    const base = of('0.01', '1.1', 1000);
    expect(of('0.01', '1.1', 1001)).toBeGreaterThan(base);
    expect(of('0.0101', '1.1', 1000)).toBeGreaterThan(base);
    expect(of('0.01', '1.11', 1000)).toBeLessThan(base);
  });

  it('needs a delta below 1/N', () => {
    const code = (samples: number) => {
      try {
        epsilonUpperBound(training('0.01', '1.1', 100, '0.001', samples));
      } catch (error) {
        return error instanceof ProofwardError ? [error.code, error.pointer] : [];
      }
      return [];
    };
    expect([code(999), code(1000)]).toEqual([[], ['DELTA_TOO_LARGE', '/delta']]);
  });
});

describe('a training', () => {
  const good = training('0.01', '1.1', 100, '0.00001');

  it.each([
    ['samplingRate', '0'],
    ['samplingRate', '1.000000000000000001'],
    ['samplingRate', '-0.5'],
    ['noiseMultiplier', '0.1'],
    ['noiseMultiplier', '1000000.1'],
    ['delta', '0'],
    ['delta', '1e-5'],
    ['steps', 0],
    ['steps', 1.5],
    ['steps', 2 ** 53],
    ['samples', 0],
  ])('with %s %s is refused', (name, value) => {
    expect(gaussianTrainingSchema.safeParse(good).success).toBe(true);
    expect(gaussianTrainingSchema.safeParse({ ...good, [name]: value }).success).toBe(false);
  });
});
