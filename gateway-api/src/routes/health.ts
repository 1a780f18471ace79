import { ProofwardError } from '@proofward/evidence';
import type { AnswerBody } from '../answers.js';
import type { Services } from './services.js';

/** Whether the gateway can do its work, and what is missing. */
export async function readiness({ config, records, follower, height }: Services): Promise<AnswerBody<'Readiness'>> {
  const counts = await records.counts().catch((error: unknown) => {
    if (error instanceof ProofwardError) return undefined;
    throw error;
  });
  const { state } = follower;
  return {
    ready: counts !== undefined && state === 'following',
    organization: config.slug,
    target: follower.target,
    peer: state === 'following' || state === 'catching-up',
    database: counts !== undefined,
    projection: { state, blockHeight: height.value, ...counts },
  };
}
