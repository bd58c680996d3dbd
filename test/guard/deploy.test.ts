import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');

interface Container {
  args: string[];
  ports: { name: string; containerPort: number }[];
  securityContext: object;
  volumeMounts: { mountPath: string }[];
  [probe: string]: unknown;
}
interface Pod {
  terminationGracePeriodSeconds: number;
  securityContext: object;
  containers: Container[];
  volumes: object[];
}
interface Resource {
  kind: string;
  spec: {
    template: { spec: Pod };
  };
}

interface Kustomization {
  resources: string[];
  configMapGenerator: { name: string; files: string[] }[];
}

const kustomization = () => parse(text('deploy/kubernetes/kustomization.yaml')) as Kustomization;

function resources(): Resource[] {
  const files = kustomization().resources;
  return files.flatMap((file) =>
    parseAllDocuments(text(`deploy/kubernetes/${file}`)).map((each) => each.toJS({ maxAliasCount: -1 })),
  );
}

/** What AWS asks for each request that the object store makes. */
const actionsOf: Record<string, string[]> = {
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  CompleteMultipartUpload: ['s3:PutObject'],
  CopyObject: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
  CreateMultipartUpload: ['s3:PutObject'],
  DeleteObject: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  GetBucketLifecycleConfiguration: ['s3:GetLifecycleConfiguration'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetObjectLockConfiguration: ['s3:GetBucketObjectLockConfiguration'],
  GetObject: ['s3:GetObject', 's3:GetObjectVersion'],
  HeadBucket: ['s3:ListBucket'],
  HeadObject: ['s3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention', 's3:GetObjectLegalHold'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  ListObjectsV2: ['s3:ListBucket'],
  ListParts: ['s3:ListMultipartUploadParts'],
  // The second for an object that is to be locked, the third for one that is tagged.
  PutObject: ['s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectTagging'],
  UploadPart: ['s3:PutObject'],
  UploadPartCopy: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
};

test('the role may do what the object store asks for, and nothing else', () => {
  const sources = readdirSync(join(root, 'src/s3')).map((file) => text(`src/s3/${file}`));
  const requests = sources.flatMap((source) =>
    [...source.matchAll(/new (\w+)Command\(/g)].map(([, name]) => String(name)),
  );
  expect(requests.filter((name) => !actionsOf[name])).toEqual([]);
  const needed = new Set([...requests, 'GetBucketLifecycleConfiguration'].flatMap((name) => actionsOf[name] ?? []));
  const granted = text('deploy/terraform/role.tf').match(/s3:\w+/g) ?? [];
  expect([...granted].sort()).toEqual([...needed].sort());
});

test('the bucket keeps versions and no rule expires anything but unfinished uploads (P41)', () => {
  const bucket = text('deploy/terraform/bucket.tf');
  expect(bucket).toMatch(/versioning_configuration \{\s+status = "Enabled"/);
  expect(bucket).toContain('abort_incomplete_multipart_upload');
  expect(bucket).not.toMatch(/expiration|transition/);
});

test('a worker has longer to end than it takes to give up, is no root, and is probed beside its metrics', () => {
  const force = /shutdownForceTime: '(\d+)s'/.exec(text('src/worker.ts'))?.[1];
  const deployment = resources().find((each) => each.kind === 'Deployment');
  const pod = deployment?.spec.template.spec;
  expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(Number(force));
  expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true });
  const [container] = pod?.containers ?? [];
  expect(container?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  const port = Number(/SEDIMENT_METRICS=[\d.]+:(\d+)/.exec(text('Dockerfile'))?.[1]);
  expect(container?.ports).toContainEqual({ name: 'metrics', containerPort: port });
  const probes = { startupProbe: '/livez', readinessProbe: '/readyz', livenessProbe: '/livez' };
  for (const [probe, path] of Object.entries(probes))
    expect(container?.[probe]).toMatchObject({ httpGet: { path, port: 'metrics' } });
  expect(text('Dockerfile')).toMatch(/^HEALTHCHECK .*CMD \["node", "bin\/probe\.mjs", "\/livez"\]$/m);
  const compose = parse(text('compose.yaml'), { merge: true }) as {
    services: { worker: { stop_grace_period: string; healthcheck: { test: string[] } } };
  };
  expect(compose.services.worker.healthcheck.test).toEqual(['CMD', 'node', 'bin/probe.mjs', '/readyz']);
  expect(Number.parseInt(compose.services.worker.stop_grace_period, 10)).toBeGreaterThan(Number(force));
});

test('the policy files of Kubernetes and compose are ones that a worker takes', () => {
  const environment = { MYSQL_PASSWORD: 'given' };
  const mounted = text('deploy/kubernetes/sediment.yaml');
  expect(parseConfig(mounted, 'sediment.yaml', environment).source.name).toBe('bank-primary');
  expect(parseConfig(text('deploy/compose/sediment.yaml'), 'sediment.yaml', environment).source.name).toBe('shop');
});

test('another policy is another ConfigMap, by which the workers are replaced', () => {
  const { resources: named, configMapGenerator } = kustomization();
  const files = readdirSync(join(root, 'deploy/kubernetes'));
  expect([...named, 'kustomization.yaml', ...configMapGenerator.flatMap((each) => each.files)].sort()).toEqual(
    files.sort(),
  );
  const pod = resources().find((each) => each.kind === 'Deployment')?.spec.template.spec;
  expect(pod?.volumes).toContainEqual({ name: 'policy', configMap: { name: configMapGenerator[0]?.name } });
});

test('compose declares the schedules and triggers the first run of its own source', () => {
  const { services } = parse(text('compose.yaml'), { merge: true }) as {
    services: Record<string, { command: string[]; depends_on: Record<string, { condition: string }> }>;
  };
  const { source } = parseConfig(text('deploy/compose/sediment.yaml'), 'sediment.yaml', { MYSQL_PASSWORD: 'given' });
  expect(services.schedule?.command.join(' ')).toContain('sediment.mjs schedule apply');
  expect(services['first-run']?.command).toContain(`sediment-daily/${source.name}`);
  expect(services['first-run']?.depends_on).toEqual({
    schedule: { condition: 'service_completed_successfully' },
    worker: { condition: 'service_healthy' },
  });
});

test('the image has glibc, no root, all that its build copies, and a process that hears SIGTERM', () => {
  const dockerfile = text('Dockerfile');
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => String(base));
  for (const base of bases) expect(base).toMatch(/-bookworm-slim$/);
  expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  expect(dockerfile).toMatch(/^ENTRYPOINT \["node"/m);
  const allowed = text('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
    String(sources).split(' '),
  );
  expect(copied.sort()).toEqual(allowed.sort());
});

interface Rule {
  alert: string;
  annotations: Record<string, string>;
}
interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}

const rules = () =>
  (parse(text('deploy/prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );

test('every alert leads to a runbook of its own, and every runbook is an alert’s', () => {
  const chapter = text('docs/operations.md').split('\n## Alerts\n')[1]?.split('\n## ')[0] ?? '';
  const headings = [...chapter.matchAll(/^### (.+)$/gm)].map(([, heading]) => String(heading));
  expect(headings).toEqual(rules().map((rule) => rule.alert));
  for (const { alert, annotations } of rules())
    expect(annotations.runbook_url).toBe(`docs/operations.md#${alert.toLowerCase()}`);
  for (const [alert, runbook] of chapter
    .split('\n### ')
    .slice(1)
    .map((each) => [each.split('\n')[0], each]))
    for (const part of ['**Means.**', '**Look at**', '**Do**'])
      expect([alert, runbook]).toEqual([alert, expect.stringContaining(part)]);
});

test('every alert has a case in which it fires and one in which it is quiet', () => {
  const cases = (parse(text('deploy/prometheus/alerts.test.yaml')) as RuleTests).tests.flatMap(
    (each) => each.alert_rule_test,
  );
  for (const { alert } of rules()) {
    const own = cases.filter((each) => each.alertname === alert);
    expect([alert, own.some((each) => each.exp_alerts.length > 0)]).toEqual([alert, true]);
    expect([alert, own.some((each) => each.exp_alerts.length === 0)]).toEqual([alert, true]);
  }
});
