variable "bucket" {
  description = "Name of the archive's bucket: store.bucket of the policy file."
  type        = string
}

variable "source_name" {
  description = "source.name of the policy file. One role a source."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.source_name))
    error_message = "The name may hold a-z, 0-9 and - only, as in the policy file."
  }
}

variable "prefix" {
  description = "store.prefix of the policy file, with its slash at the end; empty for the whole bucket."
  type        = string
  default     = ""

  validation {
    condition     = var.prefix == "" || (endswith(var.prefix, "/") && !startswith(var.prefix, "/"))
    error_message = "Write it as bank-primary/, or leave it out."
  }
}

variable "oidc_provider_arn" {
  description = "The cluster's OIDC provider, which vouches for service accounts."
  type        = string
}

variable "service_account" {
  description = "Namespace and name of the workers' service account, as sediment:sediment-bank-primary."
  type        = string
}

variable "readers" {
  description = "ARNs of roles that read the archive: Athena, Databricks, Spark."
  type        = list(string)
  default     = []
}

variable "aurora_cluster" {
  description = "Identifier of an Aurora cluster that writes into S3 itself; empty for none."
  type        = string
  default     = ""
}

variable "aurora_parameter_family" {
  description = "Family of the cluster's parameter group, as aurora-mysql8.0, to have one made; empty where the cluster has its own."
  type        = string
  default     = ""
}

variable "aurora_restores" {
  description = "Whether the cluster may read the archive, for restores of tables with compression: none."
  type        = bool
  default     = false
}
