/** Fingerprints one file, and prints the most memory that this process had, in KiB. */
import { fingerprintFiles } from '@proofward/client/files';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: fingerprint-child FILE');
await fingerprintFiles(file);
process.stdout.write(String(process.resourceUsage().maxRSS));
