import { describe, expect, test } from '@jest/globals';
import { CallLimit } from './call.js';

describe('the limit of concurrent calls', () => {
  test('refuses what is over it by the name of the service, and admits again when a call has ended', async () => {
    const limit = new CallLimit('gateway.Gateway', 2);
    let end: () => void = () => undefined;
    const first = limit.within(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const second = limit.within(() => Promise.reject(new Error('failed')));
    await expect(limit.within(() => Promise.resolve())).rejects.toMatchObject({
      code: 2,
      message: 'too many requests for /gateway.Gateway, exceeding concurrency limit (2)',
    });
    await expect(second).rejects.toThrow('failed');
    await expect(limit.within(() => Promise.resolve('in'))).resolves.toBe('in');
    end();
    await first;
  });
});
