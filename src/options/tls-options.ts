// The option `tls`: where the certificates of an HTTPS server and their private keys lie.

export interface TlsOptions {
  /** File of the certificate in PEM, followed by the certificates of its authorities (the "full chain"). */
  cert: string;
  /** File of the private key in PEM. */
  key: string;
}

/** The files of one certificate, as absolute paths. */
export type ResolvedTls = Required<Readonly<TlsOptions>>;
