output "role_arn" {
  description = "For the service account's annotation eks.amazonaws.com/role-arn."
  value       = aws_iam_role.worker.arn
}

output "key_arn" {
  description = "The key that the archive is encrypted with."
  value       = aws_kms_key.archive.arn
}

output "aurora_role_arn" {
  description = "For the cluster parameter aws_default_s3_role; empty without a cluster."
  value       = var.aurora_cluster == "" ? "" : aws_iam_role.aurora[0].arn
}

output "aurora_parameter_group" {
  description = "For the cluster's db_cluster_parameter_group_name; empty where none was made."
  value       = try(aws_rds_cluster_parameter_group.aurora[0].name, "")
}
