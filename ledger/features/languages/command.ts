import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly input?: string;
}

export function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a program to its end; `output` is its standard output when it succeeded, and all that it wrote when not. */
export async function run({ program, args }: Command, options: RunOptions): Promise<Outcome> {
  const { timeoutMs, input = '', ...rest } = options;
  const child = spawn(program, args, { ...rest, stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ ok: true, output: stdout });
      else if (signal !== null) resolve({ ok: false, output: `${stdout}${stderr}no end within ${timeoutMs} ms` });
      else resolve({ ok: false, output: stdout + stderr });
    });
  });
}
