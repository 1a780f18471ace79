import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { reasonOf } from '../failure.js';
import { ApiKeys } from './api-keys.js';

/** How old a look at the file may be, in milliseconds: so long does a key live after it was taken out. */
const freshness = 1_000;

/** The file of API keys, read again when it changes, so that keys come and go without a restart. */
export class ApiKeyFile {
  private lookedAt = 0;
  private version = '';
  private keys = new ApiKeys([]);

  private constructor(
    private readonly path: string,
    private readonly log: Logger,
  ) {}

  static async open(path: string, log: Logger): Promise<ApiKeyFile> {
    const file = new ApiKeyFile(path, log);
    file.keys = await ApiKeys.read(path);
    file.version = await versionOf(path);
    file.lookedAt = Date.now();
    return file;
  }

  async current(): Promise<ApiKeys> {
    if (Date.now() - this.lookedAt < freshness) return this.keys;
    this.lookedAt = Date.now();
    const version = await versionOf(this.path);
    if (version === this.version) return this.keys;
    try {
      this.keys = await ApiKeys.read(this.path);
      this.version = version;
    } catch (error) {
      this.log.error({ reason: reasonOf(error) }, 'the API keys were not read again; the former ones are in force');
    }
    return this.keys;
  }
}

/** Changes with every rename of a new file into place. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
