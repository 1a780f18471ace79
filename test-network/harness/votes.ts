import type { Header, ProposedChange } from '@proofward/evidence';
import { proposal, type World } from './world.js';

/** Lets a majority of the small consortium carry a change. Answers the proposal, and the block in which it was carried. */
export async function carryChange(world: World, change: ProposedChange): Promise<{ id: string; block: number }> {
  const admin = world.as('cleveland', 'admin');
  const { id } = (await admin.proposals.create({ ...proposal('hungarian'), change })).record;
  for (const slug of ['cleveland', 'auditor-a', 'auditor-b']) {
    await world.settled();
    await world.as(slug, 'admin').votes.create({ proposal: id, choice: 'yes' });
  }
  await world.settled();
  const { ledger } = await admin.proposals.transition(id, { to: 'carried' });
  await world.settled();
  return { id, block: ledger.block };
}

/** Agreed on is what holds as long as nothing is, so other features of the same network do not notice. */
export async function agreeOnReviewers(world: World): Promise<Header> {
  const reviewers = (['qa', 'clinical-safety'] as const).map((role) => ({ role, certificates: [role] }));
  const { block } = await carryChange(world, { kind: 'setting', value: { of: 'reviewers', reviewers } });
  const reader = world.as('cleveland', 'reader');
  return (await reader.settings.get('setting:consortium/reviewers@1', { minBlock: block })).header;
}
