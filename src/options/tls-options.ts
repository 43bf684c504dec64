// The option `tls`: where the certificates of an HTTPS server and their private keys lie.

/** The files of one certificate: `cert` and `key`, or `pfx`. */
export interface TlsOptions {
  /** File of the certificate in PEM, followed by the certificates of its authorities (the "full chain"). */
  cert?: string;
  /** File of the private key in PEM. */
  key?: string;
  /** File of both in PKCS#12, instead of `cert` and `key`. */
  pfx?: string;
  /** File whose first line is the password of `key` or `pfx`. @default none */
  passphraseFile?: string;
  /**
   * File of the authorities, in PEM, whose certificates clients prove themselves by (mutual TLS). The same for all
   * certificates of a server. @default none
   */
  clientCa?: string;
  /** With `clientCa`: whether clients without a certificate are refused. @default "required" */
  clientCertificate?: "required" | "optional";
}

/** Names of the options that are paths. */
export const TLS_FILES = ["cert", "key", "pfx", "passphraseFile", "clientCa"] as const;

/** The files of one certificate, as absolute paths. `clientCertificate` is there where `clientCa` is. */
export type ResolvedTls = Readonly<TlsOptions>;
