/**
 * Runs each transaction once and writes to standard output what each read and wrote, and under which clock, zone and
 * locale this process did it. SHIFT is what the clock is off by, in milliseconds.
 */
import { SimulatedConsortium } from './consortium';
import { ReleaseWorld } from './release-world';

const shift = Number(process.env.SHIFT ?? 0);
const now = Date.now;
Date.now = () => now() + shift;
globalThis.Date = class extends Date {
  constructor(time: number = Date.now()) {
    super(time);
  }
} as DateConstructor;
Math.random = () => (shift === 0 ? 0.25 : 0.75);

async function main(): Promise<void> {
  const world = await SimulatedConsortium.open();
  const id = 'dataset:cleveland/i-data@1';
  await world.dataset(id, world.as('ClevelandMSP', 'data-steward'), { effectiveAt: '2025-03-30T02:30:00.000Z' });
  await world.dataset('dataset:cleveland/i-child@1', world.as('ClevelandMSP', 'service'), { parents: [id] });
  await world.model('model:cleveland/i-model@1', world.as('ClevelandMSP', 'ml-engineer'), {
    datasets: [{ id, role: 'training' }],
  });
  await world.attestation(`attestation:auditor-a/${'9f'.repeat(16)}@1`, 'model:cleveland/i-model@1');
  const reason = JSON.stringify({ reasonCode: 'quality', salt: 'ab'.repeat(32) });
  await world.call(world.as('ClevelandMSP', 'data-steward', { transient: { private: reason } }), (ctx) =>
    world.datasets.transition(ctx, JSON.stringify({ id, to: 'flagged' })),
  );
  // A release: counts and figures are compared, ends are computed, and what was presented is checked.
  const release = await ReleaseWorld.open(world);
  const { header } = await release.decide();
  const deployed = { model: release.model, endpoint: 'triage', mode: 'live', decision: header.id };
  for (const name of ['i-first', 'i-second']) {
    await world.create(release.person('service', 6), 'deployment', `deployment:hungarian/${name}@1`, deployed, {
      configurationDigest: 'ab'.repeat(32),
    });
  }
  await world.call(release.person('service', 6), (ctx) =>
    world.deployments.stop(ctx, JSON.stringify({ id: 'deployment:hungarian/i-second@1', kind: 'stop' })),
  );
  const reader = world.as('RegulatorMSP', 'inspector');
  const answers = [
    await world.call(reader, (ctx) => world.datasets.read(ctx, id)),
    await world.call(reader, (ctx) => world.datasets.readPrivate(ctx, id)),
    await world.call(reader, (ctx) => world.datasets.history(ctx, id)),
  ];
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  const environment = { timeZone, locale, now: new Date().getTime(), chance: Math.random() };
  process.stdout.write(JSON.stringify({ environment, transcript: world.transcript, answers }));
}

main().catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
