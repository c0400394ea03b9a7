//! Keeps pages of other sites out: a browser on this machine reaches loopback addresses as well.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

/// Refuses requests whose `Host` or `Origin` is not this machine by a name nobody else can have.
pub(super) async fn loopback_only(request: Request, next: Next) -> Response {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str().to_owned());
    match foreign(authority, request.headers()) {
        None => next.run(request).await,
        Some((name, value)) => ApiError::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            format!("{name} is {value:?}: on loopback only requests to 127.0.0.1, [::1] or localhost are served"),
        )
        .into_response(),
    }
}

fn foreign(authority: Option<String>, headers: &HeaderMap) -> Option<(&'static str, String)> {
    let text = |name| {
        headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let host = authority.or_else(|| text(header::HOST)).unwrap_or_default();
    if !is_local(&host) {
        return Some(("Host", host));
    }
    let origin = text(header::ORIGIN)?;
    let local = origin.strip_prefix("http://").is_some_and(is_local);
    (!local).then_some(("Origin", origin))
}

/// Whether `host`, with or without a port, is this machine.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_this_machine_are_local() {
        for (host, local) in [
            ("127.0.0.1:7700", true),
            ("127.0.0.1", true),
            ("[::1]:7700", true),
            ("localhost:7700", true),
            ("evil.test:7700", false),
            ("localhost.evil.test", false),
            ("192.0.2.1:7700", false),
            ("", false),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }

    #[test]
    fn a_page_of_another_site_is_refused_although_it_reaches_the_right_host() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:7700".parse().unwrap());
        assert_eq!(foreign(None, &headers), None);
        headers.insert(header::ORIGIN, "http://localhost:7700".parse().unwrap());
        assert_eq!(foreign(None, &headers), None);
        headers.insert(header::ORIGIN, "https://evil.test".parse().unwrap());
        assert_eq!(
            foreign(None, &headers).map(|(name, _)| name),
            Some("Origin")
        );
    }
}
