// What is spoken, the same on both transports: names as OpenSSL has them, in the order of preference.

/** RFC 9325 §4.2: of TLS 1.2, only forward secrecy and authenticated encryption. */
export const TLS_1_2_CIPHERS: string = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

export const TLS_1_3_CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/** The hybrid with ML-KEM first: what is recorded today stays secret when quantum computers come. */
export const GROUPS = "X25519MLKEM768:X25519:P-256:P-384";
