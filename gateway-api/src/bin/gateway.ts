import { parseArgs } from 'node:util';
import { loadConfig } from '../config.js';
import { reasonOf } from '../failure.js';
import { startGateway } from '../gateway.js';

/** `gateway.js --config FILE` runs one organisation's gateway until SIGTERM or SIGINT. */
try {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new Error('usage: gateway --config FILE');
  const gateway = await startGateway(await loadConfig(values.config));
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      gateway.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`gateway: ${reasonOf(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  process.stderr.write(`gateway: ${reasonOf(error)}\n`);
  process.exit(1);
}
