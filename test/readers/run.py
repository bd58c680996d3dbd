"""Runs one reader over scenes: run.py READER JOBS.json RESULTS.json. A job: {"statements": [...], "query": "..."} or {"module": "..."}."""
import json
import sys
import traceback


def clickhouse():
    from chdb.session import Session

    session = Session()

    def run(job):
        for statement in job["statements"]:
            session.query(statement)
        text = str(session.query(job["query"], "JSONCompactEachRow"))
        return [json.loads(line) for line in text.splitlines() if line]

    return run


def spark():
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1500m")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", sys.argv[4])
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={sys.argv[4]} -Xss16m")
        .enableHiveSupport()
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")

    def run(job):
        for statement in job["statements"]:
            session.sql(statement)
        return [list(row) for row in session.sql(job["query"]).collect()]

    return run


def pyarrow():
    import pyarrow as pa
    from pyarrow import fs

    def text(value):
        if value is None:
            return None
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, str):
            return value.encode("utf-8").hex()
        if isinstance(value, float):
            return repr(value)
        return format(value, "f") if type(value).__name__ == "Decimal" else str(value)

    def run(job):
        space = {"__name__": "archive"}
        exec(job["module"], space)
        space["STORE"] = fs.SubTreeFileSystem(job["folder"], fs.LocalFileSystem())
        rows = []
        for day, manifest in space["days"]().items():
            rows += [[text(v) for v in row.values()] for row in space["read"](day, manifest).to_pylist()]
        return rows

    return run


reader, jobs, results = sys.argv[1:4]
run = {"clickhouse": clickhouse, "spark": spark, "pyarrow": pyarrow}[reader]()
answers = []
for job in json.load(open(jobs)):
    try:
        answers.append({"rows": run(job)})
    except Exception as error:
        answers.append({"error": "".join(traceback.format_exception_only(error))[:2000]})
json.dump(answers, open(results, "w"))
