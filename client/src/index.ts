export { ProofwardClient } from './client.js';
export type { ClientOptions, Parameters } from './http.js';
export { present } from './present.js';
export { NoAnswerError, ProblemError } from './problem.js';
export type { PastOptions, ReadOptions } from './records.js';
export type * from './types.js';
