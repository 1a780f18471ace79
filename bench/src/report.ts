/** Progress, for whoever waits; what is measured goes to standard output. */
export function report(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
