resource "juju_application" "juju_mcp" {
  name               = var.app_name
  model_uuid         = var.model_uuid
  config             = var.config
  constraints        = var.constraints
  resources          = var.resources
  storage_directives = var.storage_directives
  trust              = false
  units              = var.units

  charm {
    name     = "juju-mcp"
    base     = var.base
    channel  = var.channel
    revision = var.revision
  }
}
