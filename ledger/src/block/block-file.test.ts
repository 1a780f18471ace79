import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BlockFile } from './block-file.js';

describe('the file of blocks', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blocks-'));
    path = join(folder, 'blocks');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const contents = async (): Promise<string[]> => {
    const file = await BlockFile.open(path);
    const found: string[] = [];
    try {
      for await (const { content } of file.recover(file.start)) found.push(content.toString());
    } finally {
      await file.close();
    }
    return found;
  };

  const write = async (...blocks: readonly string[]): Promise<void> => {
    const file = await BlockFile.open(path);
    for (const block of blocks) await file.append(Buffer.from(block));
    await file.close();
  };

  test('gives back what was appended, and goes on behind it', async () => {
    await write('one', 'two');
    await write('three');
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  test('cut at any byte, it has every block before the cut and can be appended to', async () => {
    await write('one', 'two');
    const whole = readFileSync(path);
    const start = whole.indexOf('one') - 8;
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const complete = length >= start + 11 ? ['one'] : [];
      expect(await contents()).toEqual(complete);
      await write('next');
      expect(await contents()).toEqual([...complete, 'next']);
    }
  });

  test('damage in the middle is not guessed over', async () => {
    await write('one', 'two');
    const whole = readFileSync(path);
    const start = whole.indexOf('one') - 8;
    for (let at = start; at < start + 11; at++) {
      for (const bit of [0x01, 0x80]) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ bit, at);
        writeFileSync(path, bytes);
        await expect(contents()).rejects.toMatchObject({
          code: 'DATA_TORN',
          message: `${path} is damaged at byte ${start}; restore the data folder from a copy, or start with an empty one`,
        });
        expect(readFileSync(path)).toEqual(bytes);
      }
    }
  });

  test('a tail that was only reserved, as after lost power, is taken away', async () => {
    await write('one');
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(5000)]));
    expect(await contents()).toEqual(['one']);
    expect(readFileSync(path)).toEqual(whole);
  });

  test('another file is not taken for one', async () => {
    writeFileSync(path, 'something else that is longer than the magic');
    await expect(BlockFile.open(path)).rejects.toMatchObject({ code: 'DATA_TORN' });
  });
});
