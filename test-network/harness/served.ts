import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IssuedReceipt, readReceipt, receiptHeader } from '@proofward/client/serving';

/** A model's process that runs, and where it listens. */
export interface Served {
  url: string;
  kill(): Promise<void>;
}

/** Starts a program that reads its options as JSON, and writes its address in one line when it listens. */
export async function startServed(command: readonly string[], options: object, cwd?: string): Promise<Served> {
  const [program = '', ...more] = command;
  const child = spawn(program, more, { stdio: ['pipe', 'pipe', 'inherit'], ...(cwd === undefined ? {} : { cwd }) });
  const closed = once(child, 'close');
  child.stdin.end(JSON.stringify(options));
  const [line] = (await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), closed])) as [unknown];
  if (typeof line !== 'string') throw new Error(`${program} ended with ${String(line)}`);
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  return { url: line.trim(), kill };
}

/** An output, with what it was made of and what came with it. */
export interface Output {
  bytes: Uint8Array;
  input: Uint8Array;
  issued: IssuedReceipt;
}

export async function askRisk({ url }: Served, age: number): Promise<Output> {
  const input = new TextEncoder().encode(JSON.stringify({ age }));
  const answer = await fetch(`${url}/risk`, {
    method: 'POST',
    body: input,
    headers: { 'content-type': 'application/json' },
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${new TextDecoder().decode(bytes)}`);
  return { bytes, input, issued: readReceipt(answer.headers.get(receiptHeader)) };
}
