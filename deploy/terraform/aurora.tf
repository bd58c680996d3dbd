# An Aurora cluster that writes its rows into S3 itself; nothing of it without var.aurora_cluster. Its parameter
# aws_default_s3_role names the role, in the cluster's own parameter group: docs/aurora.md.
data "aws_iam_policy_document" "aurora_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "aurora" {
  count              = var.aurora_cluster == "" ? 0 : 1
  name               = "sediment-${var.source_name}-aurora"
  assume_role_policy = data.aws_iam_policy_document.aurora_trust.json
}

# The staging folder, and nothing else of the archive.
data "aws_iam_policy_document" "aurora" {
  statement {
    sid = "Write"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = ["${aws_s3_bucket.archive.arn}/${var.prefix}_staging/aurora/*"]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.archive.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.prefix}_staging/aurora/*"]
    }
  }

  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.archive.arn]
  }
}

resource "aws_iam_role_policy" "aurora" {
  count  = var.aurora_cluster == "" ? 0 : 1
  name   = "staging"
  role   = aws_iam_role.aurora[0].id
  policy = data.aws_iam_policy_document.aurora.json
}

resource "aws_rds_cluster_role_association" "aurora" {
  count                 = var.aurora_cluster == "" ? 0 : 1
  db_cluster_identifier = var.aurora_cluster
  feature_name          = ""
  role_arn              = aws_iam_role.aurora[0].arn
}
