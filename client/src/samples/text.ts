import { createReadStream } from 'node:fs';
import { SampleError } from './errors.js';

/** The bytes of a text file. Bytes that are no UTF-8 would all be read as the same character, and are refused. */
export async function* utf8Chunks(file: string): AsyncGenerator<{ bytes: Buffer; text: string }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Buffer) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new SampleError(file, 'not UTF-8', { cause });
    }
  };
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    yield { bytes, text: decode(bytes) };
  }
  decode();
}
