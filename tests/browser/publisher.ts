// SPDX-License-Identifier: MIT
import { connect, type Socket } from "node:net";
import { once } from "node:events";

const acknowledgement = 0x40;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let rest = body.length; ; ) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    size.push(rest > 0 ? digit | 128 : digit);
    if (rest === 0) break;
  }
  return Buffer.concat([Buffer.from([type, ...size]), body]);
}

/** As much of an MQTT 3.1.1 client as a device needs: it publishes at QoS 1. */
export class Publisher {
  private number = 0;

  private constructor(private readonly socket: Socket) {}

  static async connect(port: number): Promise<Publisher> {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const cleanStart = 2;
    socket.write(packet(0x10, text("MQTT"), Buffer.from([4, cleanStart, 0, 0]), text("")));
    await once(socket, "data");
    return new Publisher(socket);
  }

  /** Back when the broker has acknowledged it. */
  async publish(topic: string, payload: object | string): Promise<void> {
    this.number += 1;
    const id = Buffer.alloc(2);
    id.writeUInt16BE(this.number);
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    const answered = once(this.socket, "data");
    this.socket.write(packet(0x32, text(topic), id, Buffer.from(body)));
    const [answer] = (await answered) as [Buffer];
    if (answer[0] !== acknowledgement) throw new Error(`not acknowledged: ${answer.toString("hex")}`);
  }

  close(): void {
    this.socket.destroy();
  }
}
