import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { LedgerFault, messageOf } from '../errors.js';

/** The arguments of one command; what it does not know is refused with its usage. */
export function readArguments<O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  usage: string,
): ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    const [what = ''] = messageOf(cause).split(/\. |\n/, 1);
    throw new LedgerFault('USAGE', lowerFirst(what), `usage: ${usage}`, { cause });
  }
}

export function wrongUsage(what: string, usage: string): LedgerFault {
  return new LedgerFault('USAGE', what, `usage: ${usage}`);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
