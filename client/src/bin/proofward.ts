import { main } from '../cli/main.js';

// Whoever reads the output may go away.
process.stdout.on('error', () => {
  process.exit(1);
});
process.exitCode = await main(process.argv.slice(2));
