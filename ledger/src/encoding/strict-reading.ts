import jspb from 'google-protobuf';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A text field whose bytes are no text. */
export class InvalidText extends Error {
  override readonly name = 'InvalidText';
}

/** In Go no field has the number 0; JavaScript's library takes it for one that it does not know. */
const { nextField: nextFieldOf } = jspb.BinaryReader.prototype as { nextField: (this: jspb.BinaryReader) => boolean };
jspb.BinaryReader.prototype.nextField = function (this: jspb.BinaryReader): boolean {
  const isThere = nextFieldOf.call(this);
  if (isThere && this.getFieldNumber() === 0) throw new Error('a field has the number 0');
  return isThere;
};

/**
 * From here on messages with text that is no UTF-8 cannot be read in this process, as by Go's library. JavaScript's leaves
 * out the bytes that it does not understand: two keys of a chaincode would become one.
 */
jspb.BinaryReader.prototype.readString = function (this: jspb.BinaryReader): string {
  const bytes = this.readBytes();
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new InvalidText('string field contains invalid UTF-8', { cause });
  }
};
