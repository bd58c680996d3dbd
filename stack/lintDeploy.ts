import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeOnce, stackFolder } from './fetch.ts';
import { runProgram } from './process.ts';

/** Holds what is deployed against each format's own linter: `npm run lint:deploy`. The linters are fetched into .stack/, pinned. */
const root = fileURLToPath(new URL('..', import.meta.url));
const deploy = join(root, 'deploy');
const requirements = join(deploy, 'lint-requirements.txt');

interface Check {
  name: string;
  command: string;
  args: string[];
  folder?: string;
}

async function fetchLinters(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  const folder = join(stackFolder, `deploy-linters-${version}`);
  await makeOnce(folder, async (fresh) => {
    process.stderr.write('sediment: fetching linters from PyPI and Debian into .stack/ (once)\n');
    const log = join(fresh, 'fetch.log');
    const flags = ['-q', '--no-deps', '--target', join(fresh, 'python'), '-r', requirements];
    await runProgram(log, 'python3', ['-m', 'pip', 'install', ...flags]);
    const unpack = [
      'cd "$1"',
      '{ apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; }',
      'dpkg -x prometheus_*.deb debian',
      'rm prometheus_*.deb',
    ].join(' && ');
    await runProgram(log, 'sh', ['-c', unpack, 'sh', fresh]);
  });
  return folder;
}

function onPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

function checks(linters: string): Check[] {
  const files = (folder: string) => readdirSync(join(deploy, folder)).map((file) => join(deploy, folder, file));
  const manifests = files('kubernetes').filter((file) => !/(kustomization|sediment)\.yaml$/.test(file));
  const promtool = join(linters, 'debian/usr/bin/promtool');
  const rules = { command: promtool, folder: join(deploy, 'prometheus') };
  const parseTerraform = 'import hcl2, sys\nfor path in sys.argv[1:]: hcl2.load(open(path))';
  const list: Check[] = [
    { name: 'hadolint', command: join(linters, 'python/bin/hadolint'), args: [join(root, 'Dockerfile')] },
    {
      name: 'compose-spec',
      command: 'python3',
      args: ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec', join(root, 'compose.yaml')],
    },
    ...['1.29', '1.34'].map((version) => ({
      name: `kubernetes-validate ${version}`,
      command: join(linters, 'python/bin/kubernetes-validate'),
      args: ['--strict', '-k', version, ...manifests],
    })),
    { name: 'HCL', command: 'python3', args: ['-c', parseTerraform, ...files('terraform')] },
    { name: 'promtool check rules', ...rules, args: ['check', 'rules', 'alerts.yaml'] },
    { name: 'promtool test rules', ...rules, args: ['test', 'rules', 'alerts.test.yaml'] },
  ];
  const kubectl = onPath('kubectl');
  if (kubectl) list.push({ name: 'kustomize', command: kubectl, args: ['kustomize', join(deploy, 'kubernetes')] });
  else process.stdout.write('not run  kustomize: kubectl is not on the PATH\n');
  const terraform = onPath('terraform', 'tofu');
  if (terraform)
    list.push({
      name: 'terraform fmt',
      command: terraform,
      args: ['fmt', '-check', '-diff', join(deploy, 'terraform')],
    });
  else process.stdout.write('not run  terraform fmt: neither terraform nor tofu is on the PATH\n');
  return list;
}

const linters = await fetchLinters();
for (const { name, command, args, folder } of checks(linters)) {
  try {
    const env = { ...process.env, PYTHONPATH: join(linters, 'python') };
    await promisify(execFile)(command, args, { cwd: folder ?? root, env });
    process.stdout.write(`ok       ${name}\n`);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    process.stdout.write(`FAILED   ${name}\n${stdout}${stderr || error}\n`);
    process.exitCode = 1;
  }
}
