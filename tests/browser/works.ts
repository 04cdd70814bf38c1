// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { chromium, type BrowserContextOptions, type Locator, type Page } from "playwright-core";
import { eventually } from "./eventually.js";
import { freePort, Program } from "./program.js";
import { Publisher } from "./publisher.js";

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a program; ctest sets it`);
  return value;
}
const sinkProgram = variable("MQTT_SINK");
const browserProgram = variable("CHROMIUM");

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A broker, a sink, something that publishes, and a browser. All of it ends with the test. */
export class Works {
  private constructor(
    readonly folder: string,
    readonly broker: Program,
    readonly sink: Program,
    readonly devices: Publisher,
    readonly brokerPort: number,
    readonly port: number,
    private readonly newPage: (options: BrowserContextOptions) => Promise<Page>,
  ) {}

  /** `settings`: more of the sink's flags; `address`: what it listens at. */
  static async start(test: TestContext, settings: string[] = [], address = "127.0.0.1"): Promise<Works> {
    const folder = mkdtempSync(join(tmpdir(), "browser-test-"));
    const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    test.after(async () => {
      for (const end of ends.reverse()) await end();
    });
    const [brokerPort, port] = [await freePort(), await freePort()];
    const configuration = join(folder, "mosquitto.conf");
    const user = process.getuid?.() === 0 ? "user root\n" : "";
    writeFileSync(configuration, `listener ${brokerPort} 127.0.0.1\nallow_anonymous true\n${user}`);
    process.env["PATH"] += ":/usr/sbin";
    const broker = new Program("mosquitto", ["-c", configuration], join(folder, "broker.log"));
    ends.push(() => broker.stop());
    const sink = new Program(
      sinkProgram,
      ["--database", join(folder, "store.db"), "--mqtt-port", `${brokerPort}`, "--http-listen", `${address}:${port}`, ...settings],
      join(folder, "sink.log"),
    );
    ends.push(() => sink.stop());
    const browser = await chromium.launch({
      executablePath: browserProgram,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    ends.push(() => browser.close());
    let devices: Publisher | undefined;
    await eventually("the broker takes connections", async () => {
      devices = await Publisher.connect(brokerPort).catch(() => undefined);
      return devices !== undefined;
    });
    ends.push(() => devices?.close());
    const newPage = async (options: BrowserContextOptions): Promise<Page> => (await browser.newContext(options)).newPage();
    const works = new Works(folder, broker, sink, devices as Publisher, brokerPort, port, newPage);
    await works.ready();
    return works;
  }

  async ready(): Promise<void> {
    await eventually("the sink is ready", async () => (await this.ask("/readyz").catch(() => undefined))?.status === 200);
  }

  /** A request of no browser. */
  ask(path: string, { method = "GET", headers = {}, body = "" }: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port: this.port, path, method, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => (text += piece));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** The sink's page, in a browser that knows nothing. Errors of scripts and of the page's policy are the test's. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.newPage(options);
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => {
      throw error;
    });
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) throw new Error(message.text());
    });
    await page.goto(this.url);
    return page;
  }
}

/** What the page shows of a device. */
export function device(page: Page, title: string): Locator {
  return page.locator("article").filter({ has: page.getByRole("heading", { level: 3, name: title, exact: true }) });
}

/** Waits until a value is shown as this; blanks of any width are one. */
export async function shows(card: Locator, label: string, value: string): Promise<void> {
  let seen: string[] = [];
  await eventually(`${label} is ${value}`, async () => {
    const rows = await card.locator("dl > div").evaluateAll((all) =>
      all.map((row) => [row.querySelector("dt")?.textContent, row.querySelector("dd")?.textContent ?? ""] as const),
    );
    seen = rows.filter(([name]) => name === label).map(([, text]) => text.replace(/\s+/g, " "));
    return seen.length === 1 && seen[0] === value;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; there is ${JSON.stringify(seen)}`);
  });
}

/** Waits until exactly this stands there. */
export async function says(place: Locator, text: string): Promise<void> {
  let seen: string | null = "";
  await eventually(`it says ${JSON.stringify(text)}`, async () => {
    seen = (await place.count()) === 1 ? await place.textContent() : null;
    return seen === text;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it says ${JSON.stringify(seen)}`);
  });
}
