import { main } from '../cli/main.js';

// What is written from here on, also by what is started, is for the eyes of its owner.
process.umask(0o077);
process.exitCode = await main(process.argv.slice(2));
