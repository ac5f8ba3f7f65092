output "app_name" {
  description = "Name of the application"
  value       = juju_application.juju_mcp.name
}

output "provides" {
  description = "Endpoints that the application provides"
  value = {
    grafana_dashboard = "grafana-dashboard"
    metrics_endpoint  = "metrics-endpoint"
  }
}

output "requires" {
  description = "Endpoints that the application requires"
  value = {
    certificates        = "certificates"
    charm_tracing       = "charm-tracing"
    ingress             = "ingress"
    istio_ingress_route = "istio-ingress-route"
    logging             = "logging"
    mcp                 = "mcp"
    oauth               = "oauth"
    receive_ca_cert     = "receive-ca-cert"
    tracing             = "tracing"
  }
}
