import { describe, expect, it } from '@jest/globals';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { EndorseError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import { ProofwardError } from '@proofward/evidence';
import { EndorsementAttempts } from './endorsement-attempts.js';
import { EndorserHealth } from './endorser-health.js';
import { Limiter } from './limiter.js';
import { chaincodeError, readEndorseFailure } from './refusal.js';

function endorseError(code: status, message: string, ...details: [string, string][]): EndorseError {
  const cause: ServiceError = Object.assign(new Error(message), { code, details: message, metadata: new Metadata() });
  const found: ErrorDetail[] = details.map(([mspId, text]) => ({ mspId, address: `${mspId}:7051`, message: text }));
  return new EndorseError({ code, details: found, cause, transactionId: '00', message });
}
const refusal = new ProofwardError('RECORD_EXISTS', 'there "it" is', { pointer: '/id' });
const asFabricSaysIt = `chaincode response 500, ${refusal.toWire()}`;

describe('what Fabric says when a proposal is not endorsed', () => {
  it("chaincode's error is found in the details, with who gave it", () => {
    const error = endorseError(status.ABORTED, '10 ABORTED: failed', ['ClevelandMSP', asFabricSaysIt]);
    expect(readEndorseFailure(error)).toMatchObject({
      kind: 'refused',
      error: { code: 'RECORD_EXISTS', message: 'there "it" is', pointer: '/id' },
      by: ['ClevelandMSP'],
    });
  });

  it('text that is not exactly an error of the table is no refusal', () => {
    for (const text of [
      '{"code":"NO_SUCH","message":""}',
      '{"code":"BUSY"}',
      'chaincode response 500, {"code":',
      '}{',
    ]) {
      expect(chaincodeError(text)).toBeUndefined();
    }
  });

  it.each([
    [endorseError(status.UNAVAILABLE, '14 UNAVAILABLE: No connection established'), { kind: 'unreachable' }],
    [
      endorseError(status.UNAVAILABLE, '14 UNAVAILABLE: failed to find any endorsing peers for org(s): AuditorAMSP'),
      { kind: 'endorsers', by: [] },
    ],
    [endorseError(status.DEADLINE_EXCEEDED, '4 DEADLINE_EXCEEDED: Deadline exceeded'), { kind: 'endorsers', by: [] }],
    [
      endorseError(status.ABORTED, 'failed to collect enough', ['AuditorAMSP', 'rpc error: code = Unavailable']),
      { kind: 'endorsers', by: ['AuditorAMSP'] },
    ],
    [
      endorseError(status.ABORTED, 'failed to assemble transaction: ProposalResponsePayloads do not match'),
      { kind: 'passing' },
    ],
    [
      endorseError(status.ABORTED, 'failed', [
        'AuditorAMSP',
        'Failed disseminating 1 out of 2 private dissemination plans',
      ]),
      { kind: 'passing' },
    ],
    [
      endorseError(status.UNKNOWN, 'too many requests for /gateway.Gateway, exceeding concurrency limit (500)'),
      { kind: 'busy' },
    ],
    [
      endorseError(status.RESOURCE_EXHAUSTED, '8 RESOURCE_EXHAUSTED: no space left: the disk of /data has less than'),
      { kind: 'full' },
    ],
    [endorseError(status.RESOURCE_EXHAUSTED, '8 RESOURCE_EXHAUSTED: message larger than max'), { kind: 'busy' }],
  ])('%s', (error, failure) => {
    expect(readEndorseFailure(error)).toEqual(failure);
  });
});

describe('attempts at endorsement', () => {
  const sets = [
    ['own', 'a'],
    ['own', 'b'],
  ];
  const cause = new Error('cause');

  it('go on to the next set, and end when all have failed often enough', async () => {
    const attempts = new EndorsementAttempts(sets, 'own');
    expect(attempts.current).toEqual(['own', 'a']);
    await attempts.next({ kind: 'endorsers', by: ['a'] }, cause);
    expect(attempts.current).toEqual(['own', 'b']);
    const rest = async () => {
      for (;;) await attempts.next({ kind: 'endorsers', by: [] }, cause);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'ENDORSERS_UNAVAILABLE' });
  });

  it('end at once when the own peer refuses, and not when only another one does', async () => {
    const attempts = new EndorsementAttempts(sets, 'own');
    await attempts.next({ kind: 'refused', error: refusal, by: ['a'] }, cause);
    await expect(attempts.next({ kind: 'refused', error: refusal, by: ['own'] }, cause)).rejects.toBe(refusal);
    await expect(
      new EndorsementAttempts(sets, 'own').next({ kind: 'refused', error: refusal, by: [] }, cause),
    ).rejects.toBe(refusal);
  });

  it('end at once when the own peer is not there, too busy, or has no room', async () => {
    const attempts = new EndorsementAttempts(sets, 'own');
    await expect(attempts.next({ kind: 'unreachable' }, cause)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
    await expect(attempts.next({ kind: 'busy' }, cause)).rejects.toMatchObject({ code: 'BUSY' });
    await expect(attempts.next({ kind: 'full' }, cause)).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
  });
});

describe('who is asked to endorse', () => {
  it('those who failed lately come last, longer each time, until they answer', () => {
    let now = 0;
    const health = new EndorserHealth(() => now);
    const sets = [
      ['own', 'a'],
      ['own', 'b'],
    ];
    health.failed(['a']);
    health.failed(['a']);
    expect(health.prefer(sets)[0]).toEqual(['own', 'b']);
    now = 15_001;
    expect(health.prefer(sets)[0]).toEqual(['own', 'a']);
    health.failed(['a']);
    now += 15_001;
    expect(health.prefer(sets)[0]).toEqual(['own', 'b']);
    health.answered(['a']);
    expect(health.prefer(sets)[0]).toEqual(['own', 'a']);
  });
});

describe('the limit of what is under way', () => {
  it('refuses what is beyond it and lets through what follows', async () => {
    const limiter = new Limiter(1);
    const held = Promise.withResolvers<undefined>();
    const first = limiter.run(() => held.promise);
    await expect(limiter.run(() => Promise.resolve(1))).rejects.toMatchObject({ code: 'BUSY', status: 503 });
    held.resolve(undefined);
    await first;
    expect(await limiter.run(() => Promise.resolve(2))).toBe(2);
  });
});
