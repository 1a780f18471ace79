/** A thread that hashes the files it is sent, one at a time. */
import { parentPort } from 'node:worker_threads';
import { type DigestedFile, FileDigester } from './digest.js';
import { FingerprintError, systemCode } from './errors.js';

/** What a thread says: bytes hashed, then the digest or why there is none. */
export type WorkerMessage = { bytes: number } | { digest: DigestedFile } | { error: ThreadError };

/** An error's class and code do not come over from another thread by themselves. */
export interface ThreadError {
  message: string;
  code?: string;
  isFingerprint: boolean;
}

const port = parentPort;
if (port === null) throw new Error('this is the program of a thread');
const digester = new FileDigester();
const say = (message: WorkerMessage) => {
  port.postMessage(message);
};

port.on('message', (file: string) => {
  digester
    .digest(file, (bytes) => {
      say({ bytes });
    })
    .then(
      (digest) => {
        say({ digest });
      },
      (error: unknown) => {
        const code = systemCode(error);
        const message = error instanceof Error ? error.message : String(error);
        say({ error: { message, ...(code && { code }), isFingerprint: error instanceof FingerprintError } });
      },
    );
});
