import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fetchDebian, findProgram, runUnpacked } from './fetch.ts';

interface Answer {
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A headless Chromium, spoken to by the DevTools protocol over a pipe. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #session: string | undefined;
  #text = '';

  private constructor(command: string, args: readonly string[]) {
    this.#profile = mkdtempSync(join(tmpdir(), 'sediment-browser-'));
    const flags = ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe'];
    this.#child = spawn(command, [...args, ...flags, `--user-data-dir=${this.#profile}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`Chromium ended with ${code}`));
    });
    (this.#child.stdio[4] as Readable).on('data', (piece: Buffer) => this.#take(piece.toString()));
  }

  static async open(): Promise<Browser> {
    const { program, fetched } = await findProgram({
      name: 'chromium-headless-shell',
      variable: 'SEDIMENT_CHROMIUM',
      folder: 'chromium',
      source: "Debian's packages, chromium-headless-shell of bookworm",
      install: 'Chromium',
      megabytes: 870,
      fetch: (to) => fetchDebian(to, 'bookworm', 'chromium-headless-shell'),
    });
    const { command, args } = fetched ? unpacked(program) : { command: program, args: [] };
    const browser = new Browser(command, args);
    const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.#send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(sessionId);
    return browser;
  }

  /** Loads a page and waits until it shows all of `texts`, in itself or in its frames. @throws after half a minute, with what it shows */
  async show(url: string, texts: readonly string[], { width = 1280, height = 900 } = {}): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    await this.#send('Page.navigate', { url });
    let shown: string[] = [];
    for (let tries = 0; tries < 100; tries++) {
      // A snapshot reaches into sandboxed frames, in which the web UI draws markdown; a script of the page doesn't.
      const { strings } = await this.#send('DOMSnapshot.captureSnapshot', { computedStyles: [] });
      shown = strings as string[];
      if (texts.every((each) => shown.some((text) => text.includes(each)))) return;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error(
      `${url} never showed ${texts.join(', ')}; it shows:\n${shown.filter((each) => /\w \w/.test(each)).join('\n')}`,
    );
  }

  async screenshot(file: string): Promise<void> {
    // The page's last paint may be a frame behind its text.
    await this.#evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(""))))');
    const { data } = await this.#send('Page.captureScreenshot', { format: 'png' });
    writeFileSync(file, Buffer.from(String(data), 'base64'));
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await new Promise((resolve) => this.#child.once('exit', resolve));
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 3 });
  }

  async #evaluate(expression: string): Promise<string> {
    const { result } = await this.#send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    return String((result as { value?: unknown }).value ?? '');
  }

  async #send(method: string, params: object): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    const message = JSON.stringify({ id, method, params, sessionId: this.#session });
    (this.#child.stdio[3] as Writable).write(`${message}\0`);
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #take(piece: string): void {
    const messages = `${this.#text}${piece}`.split('\0');
    this.#text = messages.pop() ?? '';
    for (const message of messages) {
      const answer = JSON.parse(message) as Answer;
      if (answer.id === undefined) continue;
      this.#waiting.get(answer.id)?.resolve(answer);
      this.#waiting.delete(answer.id);
    }
  }
}

/** Chromium looks for its data beside the running program, which is the loader; and its children would be loaders too. */
function unpacked(tree: string): { command: string; args: string[] } {
  const folder = join(tree, 'usr/lib/chromium');
  const { command, args } = runUnpacked(tree, 'chromium');
  const loader = join(folder, 'loader');
  if (!existsSync(loader)) copyFileSync(command, loader);
  const [flag = '', paths = ''] = args;
  const triple = command.split('/').at(-2) ?? '';
  const library = [paths, folder, ...['pulseaudio', 'nss'].map((each) => join(tree, 'usr/lib', triple, each))].join(
    ':',
  );
  return {
    command: loader,
    args: [flag, library, join(folder, 'chromium-headless-shell'), '--single-process', '--no-zygote'],
  };
}
