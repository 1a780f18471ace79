import { parseId } from '@proofward/evidence';
import { file, model, policy, signOff, uniqueName, type World } from './world.js';

/** Lets cleveland run a model of its own live at an endpoint, from now on. */
export async function deployLive(world: World, endpoint: string) {
  const cleveland = (role: string) => world.as('cleveland', role);
  const { record: version } = await cleveland('ml-engineer').models.create(model(uniqueName('running')));
  const requirements = [{ name: 'signed', requires: 'sign-off' as const, role: 'qa' as const }];
  await cleveland('qa').policies.create({ ...policy(uniqueName('running'), parseId(version.id).name), requirements });
  const { record: signed } = await cleveland('qa').signOffs.create(signOff(version.id));
  const { record: decision } = await cleveland('qa').releases.request(
    { model: version.id, purpose: 'triage', signOffs: [signed.id] },
    { minBlock: signed.ledger.block },
  );
  const { record: live } = await cleveland('service').deployments.create({
    ...{ model: version.id, endpoint, mode: 'live', decision: decision.id },
    private: { configurationDigest: file.sha256 },
  });
  return { version, decision, live };
}
