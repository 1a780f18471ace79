import { type ChildProcess, execFile } from 'node:child_process';
import { basename } from 'node:path';
import { NetworkError } from '../errors.js';

export interface CommandOptions {
  cwd?: string;
  environment?: Record<string, string>;
  timeoutMs?: number;
}

export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/** Nothing that runs for this process goes on without it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill();
});

/** Runs a command to its end; its failure is an error that says why in one line. */
export async function run(
  executable: string,
  parameters: string[],
  { cwd, environment, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<CommandOutput> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      executable,
      parameters,
      {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...environment },
        timeout: timeoutMs,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        running.delete(child);
        if (error === null) {
          resolve({ stdout, stderr });
          return;
        }
        const verb = parameters
          .filter((parameter) => !parameter.startsWith('-'))
          .slice(0, 3)
          .join(' ');
        const why = error.killed === true ? `no end after ${timeoutMs / 1000} s` : cause(`${stderr}\n${stdout}`);
        const what = `${basename(executable)} ${verb} failed: ${why ?? error.message}`;
        reject(new NetworkError('COMMAND_FAILED', what, undefined, { cause: error }));
      },
    );
    running.add(child);
  });
}

/** Cobra prints "Error: …" and then the whole usage; others log in lines, the last one being the reason. */
function cause(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said = lines.find((line) => /^Error: /.test(line)) ?? lines.findLast((line) => /panic|fatal|error/i.test(line));
  return (said ?? lines.at(-1))?.trim().slice(0, 600);
}
