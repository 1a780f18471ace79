import { peer } from '@hyperledger/fabric-protos';

/** A function that a peer has and this ledger does not: said by name, so that nobody takes silence for an answer. */
export class NotServed extends Error {
  override readonly name = 'NotServed';

  constructor(what: string) {
    super(`the embedded ledger does not serve ${what}`);
  }
}

/** A system chaincode's refusal; `status` is what its response carries. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    message: string,
    readonly status = 500,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function success(payload: Uint8Array): peer.Response {
  const response = new peer.Response();
  response.setStatus(200);
  response.setPayload(payload);
  return response;
}

export function failure(status: number, message: string): peer.Response {
  const response = new peer.Response();
  response.setStatus(status);
  response.setMessage(message);
  return response;
}
