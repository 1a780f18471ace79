import { describe, expect, it } from '@jest/globals';
import { alternating, figure, median, rate } from './measure.js';

describe('what is measured', () => {
  it('meets a goal or does not, from the unrounded value', () => {
    expect(figure('a', 1.15004, 'ratio', { atMost: 1.15 })).toEqual({
      name: 'a',
      value: 1.15,
      unit: 'ratio',
      goal: '<= 1.15',
      met: false,
    });
    expect(figure('a', 0.86, 'ratio', { atLeast: 0.85 })).toMatchObject({ goal: '>= 0.85', met: true });
    expect(figure('a', 3, 'ms')).toMatchObject({ goal: null, met: null });
  });

  it('is the middle of the values', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('alternates the arms, and which of them is first', async () => {
    const order: string[] = [];
    const arm = (name: string) => () => Promise.resolve(order.push(name));
    await alternating(4, arm('ours'), arm('theirs'));
    expect(order.join(' ')).toBe('ours theirs theirs ours ours theirs theirs ours');
  });

  it('calls exactly as often as asked, with no more clients than asked', async () => {
    let calls = 0;
    let inFlight = 0;
    let most = 0;
    await rate(50, 8, async () => {
      calls += 1;
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inFlight -= 1;
    });
    expect(calls).toBe(50);
    expect(most).toBe(8);
  });
});
