variable "app_name" {
  description = "Name of the application"
  type        = string
  default     = "juju-mcp"
  nullable    = false
}

variable "base" {
  description = "Base of the charm"
  type        = string
  default     = "ubuntu@24.04"
  nullable    = false
}

variable "channel" {
  description = "Channel from which the charm is deployed"
  type        = string
  default     = "latest/stable"
  nullable    = false
}

variable "config" {
  description = "Options of the charm; those with a secret take its URI, and the secret must be granted to the application"
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([for name in keys(var.config) : contains([
      "builtin-rules",
      "calls-per-minute",
      "clients-without-audience",
      "configuration",
      "controller-credentials",
      "extra-controllers",
      "ledger-retention-days",
      "log-level",
      "prompt-roles",
      "public-url",
      "read-only",
      "role-bindings",
      "roles",
      "rules",
      "static-tokens",
      "toolsets",
    ], name)])
    error_message = "The charm has no such option; docs/reference-charm.md lists all of them."
  }
}

variable "constraints" {
  description = "Constraints of the application, such as \"mem=512M cpu-power=1000\""
  type        = string
  default     = "arch=amd64"
  nullable    = false
}

variable "model_uuid" {
  description = "UUID of the Kubernetes model"
  type        = string
  nullable    = false
}

variable "resources" {
  description = "Resources of the charm: a revision, or the reference of an OCI image for \"juju-mcp-image\""
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "revision" {
  description = "Revision of the charm. Default: the newest of the channel"
  type        = number
  default     = null
}

variable "storage_directives" {
  description = "Storage for ledger and keys"
  type        = map(string)
  default     = { state = "5G" }
  nullable    = false
}

variable "units" {
  description = "Number of units; the server supports one, because its ledger is one chain"
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.units == 1
    error_message = "The server supports one unit."
  }
}
