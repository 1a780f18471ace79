import { Wallet, type X509Identity } from 'fabric-network';
import { EncryptedWalletStore } from './wallet-store.js';

/** The organisation's identities, under the labels that API keys name. */
export class IdentityWallet {
  private readonly wallet: Wallet;

  constructor(folder: string, key: Uint8Array) {
    this.wallet = new Wallet(new EncryptedWalletStore(folder, key));
  }

  async put(label: string, mspId: string, certificate: string, privateKey: string): Promise<void> {
    const identity: X509Identity = { type: 'X.509', mspId, credentials: { certificate, privateKey } };
    await this.wallet.put(label, identity);
  }

  async get(label: string): Promise<X509Identity | undefined> {
    return (await this.wallet.get(label)) as X509Identity | undefined;
  }

  labels(): Promise<string[]> {
    return this.wallet.list();
  }
}
