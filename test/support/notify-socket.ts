// A Unix socket of datagrams that reads what a service tells its manager, as systemd does: sd_notify(3).
import { rmSync } from "node:fs";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { AF_UNIX, EAGAIN, errno, libc, SOCK_CLOEXEC, SOCK_NONBLOCK, systemError } from "../../src/linux/libc.ts";
import { Pinned } from "../../src/linux/pinned.ts";

const SOCK_DGRAM = 2;
const MESSAGE_BYTES = 4096;
const CHECK_MS = 5;

export class NotifySocket {
  readonly fd: number;
  readonly #message = new Pinned(MESSAGE_BYTES);

  /** @param address a path, or "@" and an abstract name */
  constructor(t: TestContext, address: string) {
    this.fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const length = 2 + Buffer.byteLength(address);
    const place = new Pinned(length);
    place.bytes.writeUInt16LE(AF_UNIX);
    place.bytes.write(address, 2);
    if (address.startsWith("@")) place.bytes[2] = 0;
    if (libc.bind(this.fd, place.at(0, length), length) < 0) throw systemError("bind");
    t.after(() => {
      libc.close(this.fd);
      if (!address.startsWith("@")) rmSync(address, { force: true });
    });
  }

  /** Waits for a message. */
  async next(): Promise<string> {
    for (;;) {
      const length = libc.recv(this.fd, this.#message.at(0, MESSAGE_BYTES), MESSAGE_BYTES, 0);
      if (length >= 0) return this.#message.bytes.toString("utf8", 0, length);
      if (errno() !== EAGAIN) throw systemError("recv");
      await setTimeout(CHECK_MS);
    }
  }

  /** Waits for a message that matches; others may come before it. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const message = await this.next();
      if (pattern.test(message)) return message;
    }
  }
}
