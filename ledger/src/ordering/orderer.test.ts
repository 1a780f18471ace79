import { describe, expect, test } from '@jest/globals';
import { Orderer } from './orderer.js';

const options = { maxMessageCount: 3, preferredMaxBytes: 1000, batchTimeoutMs: 10 };

describe('ordering', () => {
  test('keeps the order, and commits one batch after the other', async () => {
    const committed: number[][] = [];
    let running = 0;
    const orderer = new Orderer(
      options,
      async (envelopes) => {
        expect(++running).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        committed.push(envelopes.map(([first = -1]) => first));
        running--;
      },
      () => undefined,
    );
    for (let i = 0; i < 7; i++) expect(await orderer.submit(Uint8Array.of(i))).toBe(true);
    await orderer.close();
    expect(committed).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  test('commits what waits longer than the batch timeout', async () => {
    const committed: number[] = [];
    const orderer = new Orderer(
      options,
      (envelopes) => Promise.resolve(void committed.push(envelopes.length)),
      () => undefined,
    );
    await orderer.submit(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(committed).toEqual([1]);
    await orderer.close();
  });

  test('takes nothing more after a commit has failed', async () => {
    let failure: unknown;
    const orderer = new Orderer(
      { ...options, maxMessageCount: 1 },
      () => Promise.reject(new Error('disk')),
      (cause) => {
        failure = cause;
      },
    );
    await orderer.submit(Uint8Array.of(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failure).toEqual(new Error('disk'));
    expect(await orderer.submit(Uint8Array.of(2))).toBe(false);
  });

  test('makes a submitter wait while too much waits for the disk', async () => {
    const releases: (() => void)[] = [];
    const orderer = new Orderer(
      { maxMessageCount: 1, preferredMaxBytes: 1, batchTimeoutMs: 10 },
      () => new Promise<void>((resolve) => releases.push(resolve)),
      () => undefined,
    );
    const large = new Uint8Array(40 * 1024 * 1024);
    await orderer.submit(large);
    await orderer.submit(large);
    let accepted = false;
    const third = orderer.submit(large).then(() => {
      accepted = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(accepted).toBe(false);
    releases.shift()?.();
    await third;
    const closing = orderer.close();
    const drain = setInterval(() => releases.shift()?.(), 1);
    await closing;
    clearInterval(drain);
  });
});
