import { describe, expect, it } from '@jest/globals';
import { endAll, ended } from './ending.js';

describe('what was started', () => {
  it('is ended once, by whoever is first, the last one first, and a failure holds nothing back', async () => {
    const order: string[] = [];
    const end = (name: string) =>
      ended(() => {
        order.push(name);
        return name === 'third' ? Promise.reject(new Error('it does not end')) : Promise.resolve();
      });
    end('first');
    const second = end('second');
    end('third');
    end('fourth');
    await second();
    await second();
    await endAll();
    await endAll();
    expect(order).toEqual(['second', 'fourth', 'third', 'first']);
  });
});
