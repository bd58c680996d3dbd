import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GluePartition, GlueTable } from '../../src/readers/targets/glue.ts';

/**
 * Answers as the manual of Glue has it, from memory: no Glue was ever asked here. Pages are of two partitions, so that they
 * are turned.
 */
export class GlueServer {
  readonly databases = new Set<string>();
  readonly tables = new Map<string, GlueTable>();
  readonly partitions = new Map<string, GluePartition>();
  readonly calls: string[] = [];
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).replace('AWSGlue.', '');
      const signed =
        /^AWS4-HMAC-SHA256 Credential=.+\/glue\/aws4_request, SignedHeaders=.+host.+, Signature=[0-9a-f]{64}$/;
      this.calls.push(action);
      const { status, answer } = signed.test(String(request.headers.authorization))
        ? this.#answer(action, JSON.parse(body))
        : refusal('AccessDeniedException');
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer));
    });
  });
  #endpoint = '';

  get endpoint(): string {
    return this.#endpoint;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(action: string, input: Record<string, unknown>): { status: number; answer: object } {
    const name = `${input.DatabaseName}.${input.Name ?? input.TableName ?? (input.TableInput as GlueTable | undefined)?.Name}`;
    switch (action) {
      case 'GetTable': {
        const found = this.tables.get(name);
        return found
          ? accepted({ Table: { ...found, CreateTime: 1, DatabaseName: input.DatabaseName } })
          : refusal('EntityNotFoundException');
      }
      case 'CreateDatabase': {
        const database = (input.DatabaseInput as { Name: string }).Name;
        if (this.databases.has(database)) return refusal('AlreadyExistsException');
        this.databases.add(database);
        return accepted({});
      }
      case 'CreateTable':
      case 'UpdateTable':
        this.tables.set(name, input.TableInput as GlueTable);
        return accepted({});
      case 'GetPartitions': {
        const from = Number(input.NextToken ?? 0);
        const all = [...this.partitions.values()];
        const NextToken = from + 2 < all.length ? String(from + 2) : undefined;
        return accepted({ Partitions: all.slice(from, from + 2), NextToken });
      }
      case 'BatchCreatePartition':
        for (const each of input.PartitionInputList as GluePartition[])
          this.partitions.set(each.Values.join('/'), each);
        return accepted({ Errors: [] });
      case 'BatchUpdatePartition':
        for (const { PartitionInput } of input.Entries as { PartitionInput: GluePartition }[])
          this.partitions.set(PartitionInput.Values.join('/'), PartitionInput);
        return accepted({ Errors: [] });
      default:
        return refusal('UnknownOperationException');
    }
  }
}

const accepted = (answer: object) => ({ status: 200, answer });
const refusal = (kind: string) => ({ status: 400, answer: { __type: kind, Message: `${kind}, says the stand-in` } });
