import { common } from '@hyperledger/fabric-protos';
import { octets, sequence, unsigned } from '../encoding/asn1.js';
import { sha256 } from '../encoding/digest.js';

/** The bytes of a header that are hashed into the next block and signed by the orderer. */
export function headerBytes(header: common.BlockHeader): Buffer {
  return sequence(
    unsigned(BigInt(header.getNumber())),
    octets(header.getPreviousHash_asU8()),
    octets(header.getDataHash_asU8()),
  );
}

export function headerHash(header: common.BlockHeader): Buffer {
  return sha256(headerBytes(header));
}

export function dataHash(envelopes: readonly Uint8Array[]): Buffer {
  return sha256(...envelopes);
}

export function blockHeader(block: common.Block): common.BlockHeader {
  const header = block.getHeader();
  if (header === undefined) throw new Error('a block without a header');
  return header;
}

export function envelopesOf(block: common.Block): Uint8Array[] {
  return block.getData()?.getDataList_asU8() ?? [];
}

export function metadataOf(block: common.Block, index: number): Uint8Array {
  return block.getMetadata()?.getMetadataList_asU8()[index] ?? new Uint8Array();
}

export const SIGNATURES = common.BlockMetadataIndex.SIGNATURES;
export const TRANSACTIONS_FILTER = common.BlockMetadataIndex.TRANSACTIONS_FILTER;
export const COMMIT_HASH = common.BlockMetadataIndex.COMMIT_HASH;
