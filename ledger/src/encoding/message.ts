import { InvalidText } from './strict-reading.js';

interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

/** Bytes from a client, a chaincode or a block that are not the message they should be. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** How Go's protobuf library says why bytes are no message. */
export function whyUnreadable(cause: unknown): string {
  return cause instanceof InvalidText ? cause.message : 'proto: cannot parse invalid wire-format data';
}

export function decode<T>(type: MessageType<T>, bytes: Uint8Array, what: string): T {
  try {
    return type.deserializeBinary(bytes);
  } catch (cause) {
    throw new MalformedMessage(`error unmarshalling ${what}: ${whyUnreadable(cause)}`, { cause });
  }
}

/** The name of an enumeration's value; of one that it does not have, the number. */
export function nameOf(names: object, value: number): string {
  return Object.entries(names).find(([, known]: [string, unknown]) => known === value)?.[0] ?? String(value);
}
