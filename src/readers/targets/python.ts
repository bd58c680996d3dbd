import type { ArchiveShape, ViewColumn } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import type { ReadType } from '../readType.ts';
import type { Naming, Script } from '../script.ts';
import { isLenient, viewType } from '../selectList.ts';

function typeName(type: ReadType): string {
  switch (type.kind) {
    case 'integer':
      return `pa.${type.unsigned ? 'u' : ''}int${type.bits}()`;
    case 'decimal':
      return `pa.decimal${type.digits > 38 ? 256 : 128}(${type.digits}, ${type.scale})`;
    case 'float':
      return 'pa.float32()';
    case 'double':
      return 'pa.float64()';
    case 'date':
      return 'pa.date32()';
    case 'datetime':
      return "pa.timestamp('us')";
    case 'text':
      return 'pa.large_string()';
    default:
      return 'pa.large_binary()';
  }
}

/** A module for Python with pyarrow. It reads the manifests itself, so days that come later are there without a new script. */
export function pythonScript(shape: ArchiveShape, naming: Naming): Script {
  const columns = shape.columns.map((column) => `    ${columnLine(shape, column, naming)},`);
  const endpoint = shape.endpoint
    ? `, endpoint_override=${text(new URL(shape.endpoint).host)}, scheme=${text(new URL(shape.endpoint).protocol.replace(':', ''))}`
    : '';
  const constants = [
    `TABLE = ${text(`${shape.bucket}/${shape.folder}`)}`,
    `STORE = fs.S3FileSystem(region=${text(shape.region)}${endpoint})`,
    `KEY = ${JSON.stringify(shape.keepsBoth ? shape.primaryKey : [])}  # a day shows the newest row of each key`,
    'COLUMNS = [  # name, type, places in the file (the newest first), whether impossible dates may be in it',
    ...columns,
    ']',
  ];
  return {
    notes: [
      ...commonNotes(shape, naming),
      'pip install pyarrow; then: from this_file import days, read',
      'read("2026-11-21").to_pandas()',
    ],
    pieces: [
      { name: 'imports', statement: imports },
      { name: 'table', statement: constants.join('\n') },
      { name: 'functions', statement: functions },
    ],
  };
}

function columnLine(shape: ArchiveShape, column: ViewColumn, { dates }: Naming): string {
  const positions = column.sources.map(({ position }) => position);
  const type = viewType(shape, column, dates);
  const isDate = type.kind === 'date' || type.kind === 'datetime';
  const lenient = isDate && isLenient(shape, column) ? 'True' : 'False';
  return `(${text(column.name)}, ${typeName(type)}, ${JSON.stringify(positions)}, ${lenient})`;
}

/** A literal of Python's; JSON's escapes are Python's, but for surrogates, which no name has. */
function text(value: string): string {
  return JSON.stringify(value);
}

const imports = `import base64
import datetime
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.fs as fs`;

const functions = `def days():
    """The archived days, as the manifests have them: {"2026-11-21": manifest}."""
    found = {}
    for info in STORE.get_file_info(fs.FileSelector(TABLE.rstrip("/"), recursive=True)):
        if info.base_name == "_manifest.json":
            manifest = json.loads(STORE.open_input_stream(info.path).readall())
            if manifest["parts"]:
                found[manifest["day"]] = manifest
    return dict(sorted(found.items()))


def read(day, manifest=None):
    """A day's rows, with the table's own names and types."""
    manifest = manifest or days()[day]
    tables = [_part(manifest, part) for part in manifest["parts"]]
    return _newest(pa.concat_tables(tables))


def _part(manifest, part):
    # Columns that came later are missing in a narrow part.
    fields = [f"c{i}" for i in range(part["width"])]
    path = TABLE.split("/", 1)[0] + "/" + part["object"]["key"]
    raw = csv.read_csv(
        STORE.open_input_stream(path),
        read_options=csv.ReadOptions(column_names=fields, block_size=max(1 << 26, min(part["uncompressedBytes"], (1 << 31) - 1))),
        parse_options=csv.ParseOptions(delimiter=",", quote_char='"', double_quote=True, escape_char=False, newlines_in_values=False),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.large_string() for name in fields}, null_values=["\\\\N"],
            strings_can_be_null=True, quoted_strings_can_be_null=False),
    )
    values = []
    for name, kind, places, lenient in COLUMNS:
        sources = [_typed(raw.column(p).combine_chunks(), manifest["columns"][p]["encoding"], kind, lenient)
                   for p in places if p < part["width"]]
        values.append(pc.coalesce(*sources) if sources else pa.nulls(raw.num_rows, kind))
    return pa.table(values, names=[name for name, *_ in COLUMNS])


def _typed(raw, encoding, kind, lenient):
    if encoding == "base64":
        return pa.array([None if v is None else base64.b64decode(v) for v in raw.to_pylist()], pa.large_binary())
    if encoding == "text":
        # Encoded text never holds \\\\_, so it may stand for a backslash meanwhile.
        for code, plain in (("\\\\\\\\", "\\\\_"), ("\\\\n", "\\n"), ("\\\\r", "\\r"), ("\\\\0", "\\0"), ("\\\\Z", "\\x1a"), ("\\\\_", "\\\\")):
            raw = pc.replace_substring(raw, code, plain)
    if lenient:
        return pa.array([_moment(v, kind) for v in raw.to_pylist()], kind)
    return pc.cast(raw, kind)


def _moment(value, kind):
    try:
        moment = None if value is None else datetime.datetime.fromisoformat(value)
        return moment.date() if moment and kind == pa.date32() else moment
    except ValueError:
        return None  # a zero or impossible date


def _newest(table):
    if not KEY:
        return table
    # A later row of the same key is in a later part, or further on in the same one.
    rows = {}
    for index, key in enumerate(zip(*(table.column(name).to_pylist() for name in KEY))):
        rows[key] = index
    return table.take(sorted(rows.values()))


if __name__ == "__main__":
    for day, manifest in days().items():
        print(day, read(day, manifest).num_rows)`;
