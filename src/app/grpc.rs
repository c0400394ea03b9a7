//! What the gRPC port serves beside discovery and what telemetry receives: health (`grpc.health.v1`)
//! and reflection (v1, and v1alpha for older clients).
//!
//! Reflection lists the services that are served, and describes every message of Envoy's API: what
//! a resource holds in an `Any` can be shown by `grpcurl` too.
//!
//! Absent on purpose: a health of its own for each service. They begin and end together.

use netloft_proto::descriptors;
use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_reflection::server::{Builder, Error};

/// The name of the health service.
const HEALTH: &str = "grpc.health.v1.Health";

/// Tells how the services of the port are.
#[derive(Debug, Clone)]
pub(super) struct Health {
    reporter: HealthReporter,
    services: Vec<String>,
}

impl Health {
    /// Says that the port is about to close.
    pub(super) async fn stops(&self) {
        self.set(ServingStatus::NotServing).await;
    }

    async fn set(&self, status: ServingStatus) {
        // The empty name is the whole server.
        for service in self.services.iter().map(String::as_str).chain([""]) {
            self.reporter.set_service_status(service, status).await;
        }
    }
}

/// Adds health and reflection of `services` to `more`.
///
/// # Errors
/// When the descriptors cannot be read.
pub(super) async fn beside(
    more: Routes,
    services: impl Iterator<Item = &'static str>,
) -> Result<(Routes, Health), Error> {
    let services: Vec<String> = services.map(str::to_owned).collect();
    let (reporter, server) = tonic_health::server::health_reporter();
    let health = Health { reporter, services };
    health.set(ServingStatus::Serving).await;
    let (v1, v1alpha) = (reflection(&health.services), reflection(&health.services));
    let routes = more
        .add_service(server)
        .add_service(v1.build_v1()?)
        .add_service(v1alpha.build_v1alpha()?);
    Ok((routes, health))
}

fn reflection(services: &[String]) -> Builder<'static> {
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(descriptors::encoded())
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name(HEALTH);
    let services = services.iter();
    services.fold(builder, |builder, service| {
        builder.with_service_name(service)
    })
}

#[cfg(test)]
mod tests {
    use tokio_stream::{StreamExt as _, once};
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };

    use super::*;

    const CSDS: &str = "envoy.service.status.v3.ClientStatusDiscoveryService";

    async fn served() -> (Routes, Health) {
        beside(Routes::default(), [CSDS].into_iter()).await.unwrap()
    }

    #[tokio::test]
    async fn whoever_watches_the_health_is_told_when_the_port_is_about_to_close() {
        let (routes, health) = served().await;
        let mut client = HealthClient::new(routes);
        for service in ["", CSDS] {
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            let answer = client.check(request.clone()).await.unwrap().into_inner();
            assert_eq!(
                answer.status(),
                tonic_health::pb::health_check_response::ServingStatus::Serving
            );
            let mut watched = client.watch(request).await.unwrap().into_inner();
            let first = watched.next().await.unwrap().unwrap();
            assert_eq!(first.status, answer.status);
            health.stops().await;
            let second = watched.next().await.unwrap().unwrap();
            assert_ne!(second.status, answer.status);
            health.set(ServingStatus::Serving).await;
        }
        let unknown = HealthCheckRequest {
            service: "nobody".to_owned(),
        };
        let status = client.check(unknown).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::NotFound);
    }

    #[tokio::test]
    async fn reflection_lists_what_is_served_and_describes_what_resources_hold() {
        let (routes, _) = served().await;
        let mut client = ServerReflectionClient::new(routes);
        let mut ask = async |message_request| {
            let request = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(message_request),
            };
            let answers = client.server_reflection_info(once(request)).await;
            let answer = answers.unwrap().into_inner().next().await;
            answer.unwrap().unwrap().message_response.unwrap()
        };
        let MessageResponse::ListServicesResponse(list) =
            ask(MessageRequest::ListServices(String::new())).await
        else {
            panic!("it lists no services");
        };
        let names: Vec<_> = list.service.into_iter().map(|it| it.name).collect();
        assert_eq!(names, [HEALTH, CSDS]);
        for symbol in [CSDS, HEALTH, "envoy.config.cluster.v3.Cluster"] {
            let answer = ask(MessageRequest::FileContainingSymbol(symbol.to_owned())).await;
            let described = matches!(answer, MessageResponse::FileDescriptorResponse(_));
            assert!(described, "{symbol}: {answer:?}");
        }
    }
}
