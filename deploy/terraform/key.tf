data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  dynamic "statement" {
    for_each = length(var.readers) > 0 ? [1] : []

    content {
      sid       = "Readers"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = var.readers
      }
    }
  }
}

# Without the key the archive can't be read: its deletion waits as long as AWS lets it.
resource "aws_kms_key" "archive" {
  description             = "Sediment's archive in ${var.bucket}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "archive" {
  name          = "alias/sediment-${var.source_name}"
  target_key_id = aws_kms_key.archive.key_id
}
