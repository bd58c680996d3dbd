output "role_arn" {
  description = "For the service account's annotation eks.amazonaws.com/role-arn."
  value       = aws_iam_role.worker.arn
}

output "key_arn" {
  description = "The key that the archive is encrypted with."
  value       = aws_kms_key.archive.arn
}
