import { ProofwardClient } from '../client.js';
import { type Command, required } from './arguments.js';

/** The gateway that the options or the environment name. */
export function gateway(command: Command): ProofwardClient {
  const url = required(command.url ?? process.env['PROOFWARD_URL'], '--url (or PROOFWARD_URL)');
  // In the environment it is not in the list of processes that everybody on the machine reads.
  const apiKey = command['api-key'] ?? process.env['PROOFWARD_API_KEY'];
  return new ProofwardClient({ url, ...(apiKey === undefined ? {} : { apiKey }) });
}
