//! What gRPC servers without a proxy call the listener they ask for (gRFC A36).
//!
//! `netloft grpc-bootstrap` writes the template, compiling makes the names.

/// As gRPC libraries read it: `%s` is the address that the server binds, with its port.
pub const TEMPLATE: &str = "grpc/server?xds.resource.listening_address=%s";

/// The name for `address`, as `127.0.0.1:50051` or `[::]:50051`.
#[must_use]
pub fn name(address: &str) -> String {
    TEMPLATE.replace("%s", address)
}
