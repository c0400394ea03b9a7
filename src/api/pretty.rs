//! `?pretty`: JSON for people, wherever JSON is answered under `/v1`. `/apis` has its own, which
//! Kubernetes' clients ask for.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Uri, header, uri::PathAndQuery},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{error::ApiError, kubernetes};

/// Takes `pretty` out of the query, and does what it asks for.
pub(super) async fn pretty(mut request: Request, next: Next) -> Response {
    if kubernetes::serves(request.uri().path()) {
        return next.run(request).await;
    }
    match asked(request.uri()) {
        None => next.run(request).await,
        Some(Err(error)) => error.into_response(),
        Some(Ok((wanted, uri))) => {
            *request.uri_mut() = uri;
            let response = next.run(request).await;
            if wanted {
                indented(response).await
            } else {
                response
            }
        }
    }
}

/// Whether it is wanted, and the address without it; none: nothing is said of it.
fn asked(uri: &Uri) -> Option<Result<(bool, Uri), ApiError>> {
    let query = uri.query()?;
    let is_pretty = |part: &&str| part.split('=').next() == Some("pretty");
    let said = query.split('&').find(is_pretty)?;
    let wanted = match said.split_once('=').map_or("", |(_, value)| value) {
        "" | "true" | "1" => true,
        "false" | "0" => false,
        other => {
            let detail = format!("in the query: pretty is {other:?}: it is true or false");
            return Some(Err(ApiError::bad_request(detail)));
        }
    };
    let rest: Vec<&str> = query.split('&').filter(|part| !is_pretty(part)).collect();
    let path = match rest.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), rest.join("&")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse::<PathAndQuery>().ok();
    Uri::from_parts(parts).ok().map(|uri| Ok((wanted, uri)))
}

async fn indented(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let json = kind.is_some_and(|kind| {
        let kind = kind.to_str().unwrap_or_default();
        kind.ends_with("json") && kind.starts_with("application/")
    });
    if !json {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // Made a moment ago and whole in memory: it cannot break off.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let text = serde_json::from_slice::<Value>(&bytes);
    let text = text.and_then(|value| serde_json::to_string_pretty(&value));
    head.headers.remove(header::CONTENT_LENGTH);
    match text {
        Ok(text) => Response::from_parts(head, Body::from(text + "\n")),
        Err(_) => Response::from_parts(head, Body::from(bytes)),
    }
}
