import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { binaryNames, findBinaries, parseVersion, requireFabric } from './binaries.js';

describe('Fabric binaries', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fabric-bin-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const put = (version: string) => {
    for (const name of binaryNames) {
      writeFileSync(join(folder, name), `#!/bin/sh\nprintf 'peer:\\n Version: ${version}\\n'\n`);
      chmodSync(join(folder, name), 0o755);
    }
  };

  it('are found in FABRIC_BIN and on PATH', () => {
    put('v3.1.5');
    expect(findBinaries({ FABRIC_BIN: folder })?.peer).toBe(join(folder, 'peer'));
    expect(findBinaries({ PATH: `/nowhere:${folder}` })?.osnadmin).toBe(join(folder, 'osnadmin'));
  });

  it('are found in the bin/ of an unpacked release', () => {
    put('v3.1.5');
    expect(findBinaries({ FABRIC_BIN: join(folder, '..') })).toBeUndefined();
    const release = mkdtempSync(join(tmpdir(), 'fabric-release-'));
    symlinkSync(folder, join(release, 'bin'));
    expect(findBinaries({ FABRIC_BIN: release })?.orderer).toBe(join(release, 'bin', 'orderer'));
    rmSync(release, { recursive: true });
  });

  it('are not looked for on PATH where FABRIC_BIN is set', () => {
    put('v3.1.5');
    expect(findBinaries({ FABRIC_BIN: '/nowhere', PATH: folder })).toBeUndefined();
  });

  it('are not found when one is missing or cannot be run', () => {
    put('v3.1.5');
    chmodSync(join(folder, 'osnadmin'), 0o644);
    expect(findBinaries({ FABRIC_BIN: folder })).toBeUndefined();
  });

  it('are asked for in one line that says what was looked for and where', async () => {
    await expect(requireFabric({ FABRIC_BIN: folder })).rejects.toMatchObject({
      code: 'BINARIES_MISSING',
      message: expect.stringMatching(
        new RegExp(
          `^looked for peer, orderer, configtxgen, osnadmin in FABRIC_BIN=${folder} .*3\\.1\\.x or 2\\.5\\.x.*$`,
        ),
      ),
    });
    const nowhere = join(folder, 'none');
    await expect(requireFabric({ FABRIC_BIN: nowhere })).rejects.toThrow(`${nowhere}, which does not exist`);
    await expect(requireFabric({ PATH: folder })).rejects.toThrow(`in the folders of PATH (${folder})`);
    put('v3.1.5');
    rmSync(join(folder, 'osnadmin'));
    await expect(requireFabric({ FABRIC_BIN: folder })).rejects.toThrow('found no executable osnadmin;');
  });

  it('that cannot be run are refused', async () => {
    put('v3.1.5');
    writeFileSync(join(folder, 'peer'), 'of another machine');
    await expect(requireFabric({ FABRIC_BIN: folder })).rejects.toMatchObject({ code: 'BINARIES_UNSUPPORTED' });
  });

  it('tell their version', async () => {
    put('v2.5.16');
    expect(await requireFabric({ FABRIC_BIN: folder })).toMatchObject({ version: '2.5.16', major: 2 });
  });

  it.each([
    ['peer:\n Version: v3.1.5\n Commit SHA: abc', 3],
    ['peer:\n Version: 3.2.0-beta\n', 3],
    ['peer:\n Version: v2.5.0\n', 2],
  ])('accepts %j', (output, major) => {
    expect(parseVersion(output, 'peer').major).toBe(major);
  });

  it.each(['peer:\n Version: v2.4.9\n', 'peer:\n Version: v2.50.1\n', 'peer:\n Version: v1.4.0\n', 'something else'])(
    'refuses %j',
    (output) => {
      expect(() => parseVersion(output, 'peer')).toThrow(expect.objectContaining({ code: 'BINARIES_UNSUPPORTED' }));
    },
  );
});
