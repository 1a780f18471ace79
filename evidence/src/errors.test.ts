import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ErrorCode, errorTable, isErrorCode, ProofwardError } from './errors.js';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('the error table', () => {
  it.each(codes)('%s has an HTTP status and a sentence of its own', (code) => {
    const { status, meaning } = errorTable[code];
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(meaning).toMatch(/^[A-Z].{10,120}\.$/s);
    expect(codes.filter((other) => errorTable[other].meaning === meaning)).toEqual([code]);
  });

  it.each(['constructor', 'toString', '__proto__', 'NO_SUCH_CODE', '', 1, null, undefined])(
    'has no code %p',
    (code) => {
      expect(isErrorCode(code)).toBe(false);
    },
  );
});

describe('ProofwardError on the wire', () => {
  it('comes back as it went, whatever its message and pointer', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.string({ unit: 'binary' }),
        fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
        (code, message, pointer) => {
          const error = new ProofwardError(code, message, { pointer });
          const back = ProofwardError.fromWire(error.toWire());
          expect([back?.code, back?.message, back?.pointer, back?.status]).toEqual([
            code,
            message,
            pointer,
            errorTable[code].status,
          ]);
        },
      ),
    );
  });

  it('keeps its cause at home', () => {
    const error = new ProofwardError('INTERNAL', 'no', { cause: new Error('canary') });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.toWire()).not.toContain('canary');
  });

  it.each(['', 'x', 'null', '[]', '1', '{}', '{"code":"NOPE","message":""}', '{"code":"INTERNAL","message":1}'])(
    'reads nothing from %p',
    (text) => {
      expect(ProofwardError.fromWire(text)).toBeUndefined();
    },
  );

  it('leaves a pointer that is no text out', () => {
    expect(ProofwardError.fromWire('{"code":"INTERNAL","message":"m","pointer":{}}')?.pointer).toBeUndefined();
  });
});
