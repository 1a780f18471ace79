import { Worker } from 'node:worker_threads';
import { type DigestedFile, FileDigester } from './digest.js';
import { FingerprintError } from './errors.js';
import type { WorkerMessage } from './worker.js';

/** Something that hashes one file at a time. */
export interface Digester {
  digest(file: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<DigestedFile>;
  close(): Promise<void>;
}

/** One in this thread, or as many others as are asked for: SHA-256 of one file is one thread's work. */
export function digesters(workers: number): Digester[] {
  if (workers > 1) return Array.from({ length: workers }, () => new ThreadDigester());
  const digester = new FileDigester();
  return [
    {
      digest: (file, onBytes, signal) => digester.digest(file, onBytes, signal),
      close: () => Promise.resolve(),
    },
  ];
}

/** The compiled program, also where this file runs from its source. */
const program = new URL('../../dist/files/worker.js', import.meta.url);

class ThreadDigester implements Digester {
  private readonly worker = new Worker(program);

  digest(file: string, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<DigestedFile> {
    const { worker } = this;
    return new Promise<DigestedFile>((resolve, reject) => {
      const done = (settle: () => void) => {
        worker.off('message', hear);
        worker.off('error', fail);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const fail = (error: Error) => {
        done(() => {
          reject(error);
        });
      };
      const abort = () => {
        fail(signal?.reason as Error);
      };
      const hear = (message: WorkerMessage) => {
        if ('bytes' in message) onBytes(message.bytes);
        else if ('digest' in message) {
          done(() => {
            resolve(message.digest);
          });
        } else {
          const { error } = message;
          const reason = error.message.slice(error.message.startsWith(`${file}: `) ? file.length + 2 : 0);
          fail(
            error.isFingerprint ? new FingerprintError(file, reason) : Object.assign(new Error(error.message), error),
          );
        }
      };
      worker.on('message', hear);
      worker.once('error', fail);
      signal?.addEventListener('abort', abort);
      worker.postMessage(file);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
