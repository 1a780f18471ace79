import { randomBytes } from 'node:crypto';
import { common } from '@hyperledger/fabric-protos';
import type { Signer } from '../identity/signer.js';
import { dataHash, headerBytes, SIGNATURES } from './header.js';

const METADATA_ENTRIES = 5;

/** An ordered block: linked to the one before and signed by the orderer, not yet validated. */
export function assembleBlock(
  number: number,
  previousHash: Uint8Array,
  envelopes: readonly Uint8Array[],
  orderer: Signer,
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(number);
  header.setPreviousHash(previousHash);
  header.setDataHash(dataHash(envelopes));
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList(new Array<Uint8Array>(METADATA_ENTRIES).fill(new Uint8Array()));
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata);
  setMetadata(block, SIGNATURES, signatures(header, orderer));
  return block;
}

export function setMetadata(block: common.Block, index: number, value: Uint8Array): void {
  const metadata = block.getMetadata();
  const list = metadata?.getMetadataList_asU8() ?? [];
  list[index] = value;
  metadata?.setMetadataList(list);
}

/** The signature covers the last configuration's number too, so that a block cannot be moved under another one. */
function signatures(header: common.BlockHeader, orderer: Signer): Uint8Array {
  const lastConfig = new common.LastConfig();
  lastConfig.setIndex(0);
  const ordered = new common.OrdererBlockMetadata();
  ordered.setLastConfig(lastConfig);
  const value = ordered.serializeBinary();
  const creator = new common.SignatureHeader();
  creator.setCreator(orderer.serialized);
  creator.setNonce(randomBytes(24));
  const signatureHeader = creator.serializeBinary();
  const signature = new common.MetadataSignature();
  signature.setSignatureHeader(signatureHeader);
  signature.setSignature(orderer.sign(Buffer.concat([value, signatureHeader, headerBytes(header)])));
  const metadata = new common.Metadata();
  metadata.setValue(value);
  metadata.setSignaturesList([signature]);
  return metadata.serializeBinary();
}
