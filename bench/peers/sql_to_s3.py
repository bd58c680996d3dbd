# What Airflow's SqlToS3Operator does with file_format CSV: the whole table in a data frame, to_csv into a temporary
# file, and the file to S3. Takes a task as JSON, writes what it measured as JSON.
import json
import sys
import tempfile
import time

import boto3
import pandas
import pymysql

task = json.loads(sys.argv[1])
began = time.monotonic()
connection = pymysql.connect(host="127.0.0.1", port=task["port"], user="root", charset="utf8mb4")
frame = pandas.read_sql(task["sql"], connection)
with tempfile.NamedTemporaryFile(suffix=".csv.gz") as file:
    frame.to_csv(file.name, index=False, compression={"method": "gzip", "compresslevel": 1})
    boto3.client("s3", endpoint_url=task["endpoint"]).upload_file(file.name, task["bucket"], task["key"])
print(json.dumps({"seconds": time.monotonic() - began, "rows": len(frame)}))
