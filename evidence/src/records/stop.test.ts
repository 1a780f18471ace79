import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { utf8ToBytes } from '../bytes.js';
import { liveValue, readLive } from './deployment.js';
import { headerSchemas } from './header.js';
import { headerKeyOfStop, isFinal, noStopBytes, readStop, type Stop, stopBytes, stopKey, withStop } from './stop.js';

const text = readFileSync(new URL('../../vectors/deployment.json', import.meta.url), 'utf8');
const running = headerSchemas.deployment.parse((JSON.parse(text) as { header: unknown }).header);
const stop: Stop = {
  schema: 1,
  deployment: running.id,
  kind: 'stop',
  approvals: [],
  author: 'HungarianMSP',
  txId: 'ab'.repeat(32),
  recordedAt: '2026-03-01T10:05:00.000Z',
  effectiveAt: '2026-03-01T10:00:00.000Z',
};

describe('a stop', () => {
  it('makes the header that every reader sees: the next revision, and the last', () => {
    const stopped = withStop({ ...running, late: true }, stop);
    expect(stopped).toEqual({
      ...running,
      late: undefined,
      status: 'stopped',
      revision: 2,
      recordedAt: stop.recordedAt,
      effectiveAt: stop.effectiveAt,
      to: stop.effectiveAt,
    });
    expect(headerSchemas.deployment.parse(stopped)).toEqual(stopped);
    expect(isFinal(stopped)).toBe(true);
    expect(withStop(stopped, { ...stop, effectiveAt: stop.recordedAt })).toBe(stopped);
  });

  it('of a rollback names the version returned to, and what was missing', () => {
    const returnedTo = 'model:cleveland/heart-risk@1.0.0';
    const rolledBack = withStop(running, { ...stop, kind: 'rollback', returnedTo, flags: ['approval-missing'] });
    expect(rolledBack).toMatchObject({ status: 'rolled-back', returnedTo, flags: ['approval-missing'] });
    expect(isFinal(rolledBack)).toBe(true);
  });

  it('does not change what has ended', () => {
    const ended = { ...running, status: 'ended', to: stop.effectiveAt };
    expect(withStop(ended, stop)).toBe(ended);
    expect(isFinal(ended)).toBe(false);
  });

  it('is read from its own bytes, of its own deployment, and from no others', () => {
    expect(readStop(running.id, stopBytes(stop))).toEqual(stop);
    expect(readStop('deployment:hungarian/other@1', stopBytes(stop))).toBeUndefined();
    for (const other of [
      noStopBytes(running.id),
      utf8ToBytes(''),
      utf8ToBytes('{}'),
      Uint8Array.of(0xff),
      stopBytes({ ...stop, kind: 'pause' } as unknown as Stop),
      stopBytes({ ...stop, more: 1 } as unknown as Stop),
    ]) {
      expect(readStop(running.id, other)).toBeUndefined();
    }
  });

  it('lies beside its header', () => {
    expect(headerKeyOfStop(stopKey('a key'))).toBe('a key');
    expect(headerKeyOfStop('a key')).toBeUndefined();
  });
});

describe('what is live', () => {
  it('is read from the canonical value of this channel alone', () => {
    const value = new TextDecoder().decode(liveValue('proofward', running.id));
    expect(value).toBe(`["proofward/live/v1","proofward","${running.id}"]`);
    expect(readLive('proofward', value)).toBe(running.id);
    expect(readLive('other', value)).toBeUndefined();
    for (const other of [
      '',
      '[]',
      ` ${value}`,
      value.replace('live/v1', 'live/v2'),
      value.replace('deployment', 'x'),
    ]) {
      expect(readLive('proofward', other)).toBeUndefined();
    }
  });
});
