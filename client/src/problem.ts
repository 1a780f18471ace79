import { type ErrorCode, isErrorCode } from '@proofward/evidence';
import type { Problem } from './types.js';

/** The gateway's answer was a problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: ErrorCode;
  readonly pointer: string | undefined;
  /** Seconds after which the gateway says it is worth trying again. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly problem: Problem,
    retryAfter?: number,
  ) {
    super(`${problem.code}: ${problem.detail}`);
    this.status = problem.status;
    this.code = problem.code;
    this.pointer = problem.pointer;
    this.retryAfter = retryAfter;
  }
}

/** There was no answer of a gateway: no connection, or something else answered. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && isErrorCode(value.code) && 'detail' in value;
}
