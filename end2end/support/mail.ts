// A real server of outbound mail, and a server of the DNS whose domain publishes it.

import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const A = 1;
const SRV = 33;

function name(text: string): Buffer {
  const labels = text.split(".").map((label) => [Buffer.of(label.length), Buffer.from(label)]);
  return Buffer.concat([...labels.flat(), Buffer.of(0)]);
}

/** Answers SRV for one name; every host is on loopback. */
async function dns(service: string, target: string, port: number) {
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => {
    const end = query.indexOf(0, 12) + 1;
    const labels: string[] = [];
    for (let at = 12; query[at]!; at += query[at]! + 1) {
      labels.push(query.toString("ascii", at + 1, at + 1 + query[at]!));
    }
    const [asked, kind] = [labels.join(".").toLowerCase(), query.readUInt16BE(end)];
    let data: Buffer | null = kind === A ? Buffer.of(127, 0, 0, 1) : null;
    if (kind === SRV && asked === service) {
      data = Buffer.concat([Buffer.of(0, 0, 0, 0, port >> 8, port & 255), name(target)]);
    }
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(data ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(data ? 1 : 0, 6);
    header.writeUInt32BE(0, 8);
    const question = query.subarray(12, end + 4);
    const record = data
      ? Buffer.concat([
          Buffer.of(0xc0, 12, kind >> 8, kind & 255, 0, 1, 0, 0, 0, 60),
          Buffer.of(data.length >> 8, data.length & 255),
          data,
        ])
      : Buffer.alloc(0);
    socket.send(Buffer.concat([header, question, record]), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** A mail server that takes one account's mail, and what lets a server of ours find it. */
export class MailServer {
  private constructor(
    readonly args: string[],
    private readonly close: () => void,
  ) {}

  static async start(domain: string, user: string, password: string): Promise<MailServer> {
    const folder = mkdtempSync(join(tmpdir(), "patchbay-mail-"));
    const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
    const host = `smtp.${domain}`;
    execFileSync("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${host}`],
      ...["-addext", `subjectAltName=DNS:${host}`, "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-keyout", key, "-out", certificate],
    ]);
    const script = "../server/tests/mail/smtp.py";
    const child = spawn("/usr/bin/python3", [script, certificate, key, user, password], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [line] = await once(createInterface(child.stdout), "line");
    const [starttls, tls] = String(line).split(" ").map(Number);
    const socket = await dns(`_submissions._tcp.${domain}`, host, tls!);
    const address = socket.address() as AddressInfo;
    const args = [
      ...["--test-network", "127.0.0.0/8", "--test-port", `${tls}=tls,${starttls}=starttls`],
      ...["--test-ca", certificate, "--test-dns", `127.0.0.1:${address.port}`],
    ];
    return new MailServer(args, () => {
      socket.close();
      child.kill();
      rmSync(folder, { recursive: true });
    });
  }

  stop(): void {
    this.close();
  }
}
