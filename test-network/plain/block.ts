import { createHash } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';

/** The first that a stream brings; the stream is closed then. */
export async function take<T>(events: AsyncIterable<T> & { close(): void }, count: number): Promise<T[]> {
  const taken: T[] = [];
  try {
    for await (const event of events) {
      taken.push(event);
      if (taken.length === count) break;
    }
  } finally {
    events.close();
  }
  return taken;
}

export function headerOf(block: common.Block | undefined): common.BlockHeader {
  return block?.getHeader() ?? new common.BlockHeader();
}

export function numberOf(block: common.Block | undefined): number {
  return headerOf(block).getNumber();
}

export function envelopesOf(block: common.Block | undefined): Uint8Array[] {
  return block?.getData()?.getDataList_asU8() ?? [];
}

export function channelHeaderOf(envelope: Uint8Array | undefined): common.ChannelHeader {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope ?? new Uint8Array()).getPayload_asU8(),
  );
  return common.ChannelHeader.deserializeBinary(payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array());
}

export function metadataOf(block: common.Block | undefined, index: number): Uint8Array {
  return block?.getMetadata()?.getMetadataList_asU8()[index] ?? new Uint8Array();
}

/** The hash that the next block names: of the header as ASN.1. */
export function headerHash(block: common.Block | undefined): string {
  const header = headerOf(block);
  const number = BigInt(header.getNumber()).toString(16);
  const even = number.length % 2 === 0 ? number : `0${number}`;
  // An integer whose first bit is set would be negative.
  const integer = Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
  const content = Buffer.concat([
    element(0x02, integer),
    element(0x04, header.getPreviousHash_asU8()),
    element(0x04, header.getDataHash_asU8()),
  ]);
  return createHash('sha256').update(element(0x30, content)).digest('hex');
}

/** All contents are shorter than 128 bytes, so one byte tells their length. */
function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
}

export function dataHash(block: common.Block | undefined): string {
  return createHash('sha256')
    .update(Buffer.concat(envelopesOf(block)))
    .digest('hex');
}
