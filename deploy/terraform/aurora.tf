# An Aurora cluster that writes its rows into S3 itself; nothing of it without var.aurora_cluster: docs/aurora.md.
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

# The staging folder; of the archive nothing, unless a restore is to load parts that aren't compressed.
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

  dynamic "statement" {
    for_each = var.aurora_restores ? [1] : []

    content {
      sid       = "Restore"
      actions   = ["s3:GetObject", "s3:GetObjectVersion"]
      resources = ["${aws_s3_bucket.archive.arn}/${var.prefix}*"]
    }
  }

  dynamic "statement" {
    for_each = var.aurora_restores ? [1] : []

    content {
      sid       = "ListArchive"
      actions   = ["s3:ListBucket"]
      resources = [aws_s3_bucket.archive.arn]

      condition {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = ["${var.prefix}*"]
      }
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

# The parameter that names the role. A cluster has one parameter group: this one is for a cluster that has none of its own,
# else set the parameter in yours. Name it in the cluster (db_cluster_parameter_group_name), and restart the cluster.
resource "aws_rds_cluster_parameter_group" "aurora" {
  count       = var.aurora_cluster != "" && var.aurora_parameter_family != "" ? 1 : 0
  name        = "sediment-${var.source_name}"
  family      = var.aurora_parameter_family
  description = "The role by which the cluster writes into S3, for Sediment."

  parameter {
    name         = "aws_default_s3_role"
    value        = aws_iam_role.aurora[0].arn
    apply_method = "pending-reboot"
  }
}
